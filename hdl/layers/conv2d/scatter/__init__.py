"""Convolution whose inputs are added to open sums as they come."""
