"""What layers that run a cell over time steps have in common in floating point."""
