"""Stored biases of biases that are written at run time."""

from collections.abc import Sequence

from amaranth import Value

from build_decoder.quant.operations.biased_sum import BiasedSum

__all__ = ["stored_bias"]


def stored_bias(biased: BiasedSum, biases: Sequence[Value]) -> Value:
    """What is added to an accumulator, of all biases that a sum has: combinational; see
    :attr:`~quant.operations.biased_sum.BiasedSum.stored_biases`."""
    total = sum(biases[1:], biases[0])
    return total.shift_left(biased.bias_shift) + biased.bias_half
