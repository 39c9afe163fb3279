"""Gated recurrent units in floating point."""
