"""Attention over time steps in integers: a mean weighted by scores of the values."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.biased_sum import BiasedSum
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.quotient import Quotient
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["Attend"]


@dataclass(frozen=True, eq=False)
class Attend:
    """With every operand raw, ``sat`` saturation to a node's format, ``rhu`` rounding half up::

        accumulator[t] = sat(rhu(sum over c of x[t, c] * weights[c]))
        sum[t]         = sat(rhu(accumulator[t] + biases[t]))
        p[t]           = power(sum[t])
        y[c]           = sat(rhu(sum over t of p[t] * x[t, c] / sum over t of p[t]))

    ``y`` is zero where the sum of all powers is zero.

    Parameters
    ----------
    input
        Format of ``x``.
    weights, biases
        Raw (channels, 1) and (steps, 1).
    accumulator
        Format, of no more fraction bits than products have.
    power
        Parameter object of the activation, from sum to power.
    output
        Format of ``y``.
    """

    input: QFormat
    weights: RawArray
    biases: RawArray
    accumulator: QFormat
    power: IntegerActivation
    output: QFormat

    @property
    def steps(self) -> int:
        """Time steps."""
        return len(self.biases.raw)

    @property
    def channels(self) -> int:
        """Channels of a step, and values of the output."""
        return len(self.weights.raw)

    @cached_property
    def products(self) -> Products:
        """Exact sums of products, one a step."""
        return Products(self.input, self.weights)

    @cached_property
    def biased_sum(self) -> BiasedSum:
        """From exact sums to the sum node, all steps at once."""
        return BiasedSum(
            self.products.fraction, self.products.low, self.products.high, self.accumulator,
            self.biases.format, self.power.input, self.biases.raw[:, 0], self.biases.bounds,
        )  # fmt: skip

    @cached_property
    def weighted(self) -> Span:
        """Range of exact sums of values weighted by powers, running ones too."""
        return (Span.of(self.power.output) * Span.of(self.input)).times(self.steps)

    @cached_property
    def total(self) -> Span:
        """Range of exact sums of powers."""
        return Span.of(self.power.output).times(self.steps)

    @property
    def quotient(self) -> Quotient:
        """The division of one by the other."""
        return Quotient(self.weighted, self.total, self.output)

    def check(self) -> None:
        """Raise `ValueError` if shapes do not match or anything is wider than the widest format."""
        shapes = self.weights.raw.shape, self.biases.raw.shape
        if shapes != ((self.channels, 1), (self.steps, 1)):
            raise ValueError(
                f"expected weights (channels, 1) and biases (steps, 1), got {shapes[0]} and "
                f"{shapes[1]}"
            )
        self.biased_sum.check()
        self.weighted.check("sums of weighted values", "output")
        self.quotient.check()

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw means (samples, channels) of raw values (samples, steps, channels)."""
        sums = self.biased_sum.compute(self.products.compute(x)[..., 0])
        powers = Activate(self.power).compute(sums)
        kind = self.weighted.kind
        weighted = carried(powers, kind)[:, None, :] @ carried(x, kind)
        total = powers.sum(axis=1, keepdims=True, dtype=self.total.kind)
        return self.quotient.compute(weighted[:, 0], total)
