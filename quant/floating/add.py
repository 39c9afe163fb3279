"""Elementwise sum of branches in floating point: exact, and rounded once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.floating.exact_sums import ExactSums
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.ranged import RangedLayer
from build_decoder.quant.layer import Signal

__all__ = ["FloatAdd"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatAdd(RangedLayer):
    """``output = round(x1 + x2 + ...)`` of codes, to the nearest, ties even; NaN if one is.

    Parameters
    ----------
    input, greatest, least
        As of a :class:`quant.floating.ranged.RangedLayer`, of each input.
    output
        Format of the sums.
    count
        Inputs.
    output_shape
        Of one sample, which that of each input is too.

    Raises
    ------
    ValueError
        If the greatest input is not finite.
    """

    output: FloatFormat
    count: int
    output_shape: Shape

    def __post_init__(self):
        # Made at once, so that what does not fit is told here.
        _ = self.sums.width

    @property
    def inputs(self) -> tuple[FloatFormat, ...]:
        """Format of each input."""
        return (self.input,) * self.count

    @cached_property
    def sums(self) -> ExactSums:
        """Exact sums, of products with ones."""
        ones = np.full((self.count, 1), self.input.encode(1.0))
        return ExactSums(self.range, ones, self.input, self.output)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The sums."""
        return (Signal("output", self.output, self.output_count),)

    def compute(self, *raw: np.ndarray) -> np.ndarray:
        """Int64 codes (samples, ...) of codes (samples, ...) of each input."""
        return self.output.encode(self.sums.values(np.stack(raw, axis=-1))[..., 0])
