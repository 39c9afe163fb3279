"""Elementwise sums in floating point."""
