"""A decoder as a core for a design of the user's own: Verilog and its description, no board."""
