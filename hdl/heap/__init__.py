"""Chains of dense layers as bit heaps: all products of a frame at once, by sums of bits."""
