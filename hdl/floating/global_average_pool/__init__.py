"""Means over all positions in floating point."""
