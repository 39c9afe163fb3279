"""Convolution as a bit heap: a column of outputs in a cycle."""
