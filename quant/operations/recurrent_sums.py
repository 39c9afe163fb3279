"""Exact sums of products of a time step: of its input, and of the state before it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.products import Products, sum_carrier
from build_decoder.quant.operations.span import Span

__all__ = ["RecurrentSums"]


@dataclass(frozen=True, eq=False)
class RecurrentSums:
    """``sum over n of x[n] * weights[n, u] + sum over m of h[m] * recurrent[m, u]``, exact, with
    the fraction bits of the finer of the two sums.

    Parameters
    ----------
    of_input, of_state
        The two sums.
    """

    of_input: Products
    of_state: Products

    @property
    def fraction(self) -> int:
        """Fraction bits of the sums."""
        return max(self.of_input.fraction, self.of_state.fraction)

    @property
    def input_shift(self) -> int:
        """Zero bits that are appended to sums of the input."""
        return self.fraction - self.of_input.fraction

    @property
    def state_shift(self) -> int:
        """Zero bits that are appended to sums of the state."""
        return self.fraction - self.of_state.fraction

    @cached_property
    def span(self) -> Span:
        """Range of all sums, running ones too, proven from the actual weights, sum by sum."""
        low = min(self._together(self.of_input.lows, self.of_state.lows))
        return Span(
            self.fraction, low, max(self._together(self.of_input.highs, self.of_state.highs))
        )

    def _together(self, of_input: list[int], of_state: list[int]) -> list[int]:
        pairs = zip(of_input, of_state, strict=True)
        return [(x << self.input_shift) + (h << self.state_shift) for x, h in pairs]

    @cached_property
    def kind(self) -> type[np.floating]:
        """Type in which no running sum loses anything."""
        return sum_carrier(self.span.low, self.span.high)

    @cached_property
    def _recurrent(self) -> np.ndarray:
        return self.of_state.weights.carried(self.kind) * self.kind(2.0**self.state_shift)

    def compute(self, projected: np.ndarray, h: np.ndarray) -> np.ndarray:
        """Raw sums (samples, sums) of raw sums of the input (samples, sums) and of the raw state
        (samples, units)."""
        sums = carried(h, self.kind) @ self._recurrent
        if self.input_shift:
            projected = carried(projected, self.kind) * self.kind(2.0**self.input_shift)
        return np.add(sums, projected, out=sums)
