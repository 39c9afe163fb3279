"""A decoder's AXI shells: simulated between a processor and a memory, and measured."""
