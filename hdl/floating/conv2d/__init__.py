"""Convolutions in floating point."""
