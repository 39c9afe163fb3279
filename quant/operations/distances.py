"""Exact squares of distances from centres, and what Gaussian units make of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.narrow import Narrow
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["Distances", "GaussianUnits"]


@dataclass(frozen=True, eq=False)
class Distances:
    """``sum over n of (x[n] - centres[n, u])**2``, exact.

    Parameters
    ----------
    input
        Format of ``x``.
    centres
        Raw (inputs, units).
    """

    input: QFormat
    centres: RawArray

    @property
    def difference(self) -> Span:
        """Range of the differences."""
        return Span.of(self.input) - self.centres.span

    @property
    def fraction(self) -> int:
        """Fraction bits of the squares."""
        return 2 * self.difference.fraction

    @property
    def shifts(self) -> tuple[int, int]:
        """Zero bits that are appended to inputs and to centres before their difference."""
        fraction = self.difference.fraction
        return fraction - self.input.fraction, fraction - self.centres.format.fraction

    @cached_property
    def span(self) -> Span:
        """Range of all sums, running ones too, proven from the actual centres."""
        of_input, of_centre = self.shifts
        # Python's integers: formats that a search tries may be wider than any that is built.
        low, high = (end << of_input for end in (self.input.min_raw, self.input.max_raw))
        most = 0
        for column in self.centres.raw.T.tolist():
            centres = [centre << of_centre for centre in column]
            most = max(most, sum(max((low - c) ** 2, (high - c) ** 2) for c in centres))
        return Span(self.fraction, 0, most)

    def check(self) -> None:
        """Raise `ValueError` if a sum is wider than the widest format."""
        self.span.check("squares of distances", "sum")

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw sums (samples, units) of raw inputs (samples, inputs)."""
        of_input, of_centre = self.shifts
        x = carried(x, np.float64) * 2.0**of_input
        centres = self.centres.raw * 2.0**of_centre
        # All terms are whole numbers far below 2**53, and so is what comes of them in any order.
        squares = np.square(x).sum(axis=1, keepdims=True) + np.square(centres).sum(axis=0)
        return squares - 2 * (x @ centres)


@dataclass(frozen=True, eq=False)
class GaussianUnits:
    """``y[u] = activation(sat(rhu(distances[u] * scales[u])))``.

    Parameters
    ----------
    distances
        What comes in.
    scales
        Raw (units,).
    activation
        Parameter object of the activation, from sum to output. Sums are not signed: products below
        0 saturate.
    """

    distances: Distances
    scales: RawArray
    activation: IntegerActivation

    @cached_property
    def narrowing(self) -> Narrow:
        """From exact products to the sum node."""
        return Narrow(self.distances.span * self.scales.span, self.activation.input)

    def check(self) -> None:
        """Raise `ValueError` if shapes do not match or anything is wider than the widest format."""
        self.distances.check()
        units = self.distances.centres.raw.shape[1]
        if self.scales.raw.shape != (units,):
            raise ValueError(f"expected {units} scales, got shape {self.scales.raw.shape}")
        self.narrowing.source.check("scaled squares of distances", "sum")

    def compute(self, squares: np.ndarray) -> np.ndarray:
        """Raw outputs (samples, units) of raw sums of that shape."""
        kind = self.narrowing.source.kind
        exact = carried(squares, kind) * self.scales.raw.astype(kind)
        return Activate(self.activation).compute(self.narrowing.compute(exact))
