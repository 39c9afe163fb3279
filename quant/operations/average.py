"""Mean of each channel, exact and rounded once."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.operations.quotient import Quotient
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["Average"]


@dataclass(frozen=True)
class Average:
    """``y = saturate(round_half_up(sum over all positions of x / count))``.

    Parameters
    ----------
    input, output
        Formats.
    count
        Positions of a sample.
    """

    input: QFormat
    output: QFormat
    count: int

    @property
    def sums(self) -> Span:
        """Range of the exact sums."""
        return Span.of(self.input).times(self.count)

    @property
    def quotient(self) -> Quotient:
        """The division by the number of positions."""
        return Quotient(self.sums, Span(0, 0, self.count), self.output)

    def check(self) -> None:
        """Raise `ValueError` if a sum is wider than the widest format."""
        self.sums.check("sums over all positions", "output")
        self.quotient.check()

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw (samples, channels) of raw (samples, ..., channels)."""
        positions = x.reshape(len(x), self.count, x.shape[-1]).astype(self.sums.kind, copy=False)
        # A product with ones adds rows faster than a sum over an axis does.
        sums = np.ones(self.count, positions.dtype) @ positions
        return self.quotient.compute(sums, np.array(self.count))
