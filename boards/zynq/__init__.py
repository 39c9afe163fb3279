"""The processing system of a Zynq-7000: its block in the logic, and the clock that it makes."""
