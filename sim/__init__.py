"""Test benches: generated Verilog benches, simulators, stream helpers, and random checks."""
