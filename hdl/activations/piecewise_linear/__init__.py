"""Piecewise-linear activation."""
