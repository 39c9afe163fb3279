"""Attention over time steps in integers: a mean weighted by scores of the values."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.quotient import Quotient
from build_decoder.quant.operations.scored_steps import ScoredSteps
from build_decoder.quant.operations.span import Span

__all__ = ["Attend"]


@dataclass(frozen=True, eq=False)
class Attend(ScoredSteps):
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

    @property
    def outputs(self) -> int:
        """A mean a channel."""
        return self.channels

    @cached_property
    def weighted(self) -> Span:
        """Range of exact sums of values weighted by powers, running ones too."""
        return (Span.of(self.power.output) * Span.of(self.input)).times(self.steps)

    @property
    def quotient(self) -> Quotient:
        """The division of one by the other."""
        return Quotient(self.weighted, self.total, self.output)

    def check(self) -> None:
        super().check()
        self.quotient.check()

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw means (samples, channels) of raw values (samples, steps, channels)."""
        powers, kind = self.powers(x), self.weighted.kind
        weighted = carried(powers, kind)[:, None, :] @ carried(x, kind)
        total = powers.sum(axis=1, keepdims=True, dtype=self.total.kind)
        return self.quotient.compute(weighted[:, 0], total)
