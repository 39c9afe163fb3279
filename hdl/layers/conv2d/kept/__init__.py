"""Convolution whose last sums are added to as columns come, and whose products are added by the
blocks that make them."""
