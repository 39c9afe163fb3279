"""A decoder behind a board's UART: simulated between a serial port and the shell's Verilog."""
