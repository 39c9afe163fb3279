"""Linear activation."""
