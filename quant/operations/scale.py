"""A factor and a term for each channel, narrowed once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.narrow import Narrow
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["Scale"]


@dataclass(frozen=True, eq=False)
class Scale:
    """``y = saturate(round_half_up(x * scale[c] + shift[c]))``, ``c`` along the last axis.

    Parameters
    ----------
    input
        Format of ``x``.
    scales, shifts
        Raw (channels,) each.
    output
        Format of ``y``.
    """

    input: QFormat
    scales: RawArray
    shifts: RawArray
    output: QFormat

    @cached_property
    def exact(self) -> Span:
        """Range of the exact sums."""
        return Span.of(self.input) * self.scales.span + self.shifts.span

    @property
    def narrowing(self) -> Narrow:
        """The one narrowing."""
        return Narrow(self.exact, self.output)

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw results (samples, ..., channels) of raw inputs of that shape."""
        fraction = self.input.fraction + self.scales.format.fraction
        # Products are aligned with shifts by their factors.
        raw = carried(x, self.exact.kind) * self.exact.place(self.scales.raw, fraction)
        raw += self.exact.place(self.shifts.raw, self.shifts.format.fraction)
        return self.narrowing.compute(raw)
