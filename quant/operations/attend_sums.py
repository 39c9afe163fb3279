"""Sums of an attention over time steps in integers, which nothing divides."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.narrow import Narrow
from build_decoder.quant.operations.scored_steps import ScoredSteps
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["AttendSums"]


@dataclass(frozen=True, eq=False)
class AttendSums(ScoredSteps):
    """With every operand raw, ``sat`` saturation to a node's format, ``rhu`` rounding half up, and
    a further channel whose ``x`` is 1 in all steps::

        accumulator[t] = sat(rhu(sum over c of x[t, c] * weights[c]))
        sum[t]         = sat(rhu(accumulator[t] + biases[t]))
        p[t]           = power(sum[t])
        y[c]           = sat(rhu(sum over t of p[t] * x[t, c]))

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
        """A sum a channel, and that of powers."""
        return self.channels + 1

    @cached_property
    def operand(self) -> QFormat:
        """The narrowest format of what powers are multiplied with: values, and 1."""
        values = Span.of(self.input)
        values = values.aligned(max(values.fraction, 0))
        most = max(values.high, self.one)
        if not self.input.signed:
            return QFormat(most.bit_length() - values.fraction, values.fraction, signed=False)
        return Span(values.fraction, values.low, most).format

    @property
    def one(self) -> int:
        """Raw 1 in :attr:`operand`."""
        return 1 << max(self.input.fraction, 0)

    @cached_property
    def weighted(self) -> Span:
        """Range of exact sums of values weighted by powers, running ones too."""
        return (Span.of(self.power.output) * Span.of(self.operand)).times(self.steps)

    @property
    def narrowing(self) -> Narrow:
        """From exact sums to the output."""
        return Narrow(self.weighted, self.output)

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw sums (samples, channels + 1) of raw values (samples, steps, channels)."""
        powers, weighted = self.powers(x), self.weighted
        placed = weighted.place(x, self.input.fraction + self.power.output.fraction)
        values = np.full((*x.shape[:-1], self.outputs), self.one, dtype=weighted.kind)
        values[..., :-1] = placed
        return self.narrowing.compute((carried(powers, weighted.kind)[:, None, :] @ values)[:, 0])
