"""Ranges of exact intermediate values, which prove that nothing is lost."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.carrier import carried, carrier
from build_decoder.quant.qformat import MAX_WIDTH, QFormat

__all__ = ["Span"]


@dataclass(frozen=True)
class Span:
    """Values ``raw * 2**-fraction`` with ``raw`` from ``low`` to ``high``, zero among them.

    Spans are added, subtracted and multiplied as the values are. As zero is in all of them, the
    span of a sum holds the sum of any of its terms as well, in any order.

    Parameters
    ----------
    fraction
        Fraction bits.
    low, high
        Least and greatest raw value; Python's integers, since formats that a search tries may be
        wider than any that is built.
    """

    fraction: int
    low: int
    high: int

    @classmethod
    def of(cls, format: QFormat) -> "Span":
        """All that a format holds."""
        return cls(format.fraction, format.min_raw, format.max_raw)

    @classmethod
    def of_raw(cls, raw: np.ndarray, fraction: int) -> "Span":
        """Known raw integers, and zero."""
        return cls(fraction, min(int(raw.min()), 0), max(int(raw.max()), 0))

    def aligned(self, fraction: int) -> "Span":
        """The same values with ``fraction`` fraction bits, no fewer than there are."""
        shift = fraction - self.fraction
        return Span(fraction, self.low << shift, self.high << shift)

    def times(self, count: int) -> "Span":
        """Sums of ``count`` values."""
        return Span(self.fraction, self.low * count, self.high * count)

    def __add__(self, other: "Span") -> "Span":
        fraction = max(self.fraction, other.fraction)
        a, b = self.aligned(fraction), other.aligned(fraction)
        return Span(fraction, a.low + b.low, a.high + b.high)

    def __neg__(self) -> "Span":
        return Span(self.fraction, -self.high, -self.low)

    def __sub__(self, other: "Span") -> "Span":
        return self + -other

    def __mul__(self, other: "Span") -> "Span":
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Span(self.fraction + other.fraction, min(ends), max(ends))

    @property
    def width(self) -> int:
        """Bits of two's complement."""
        return max(self.high.bit_length(), (-self.low - 1).bit_length() if self.low else 0) + 1

    @property
    def kind(self) -> type[np.floating]:
        """Number type that carries all values and halves of them exactly, where one does."""
        return carrier(self.width)

    def check(self, name: str, role: str) -> None:
        """Raise `ValueError` if no format is wide enough.

        Parameters
        ----------
        name
            What the values are, for the message.
        role
            The role that they are narrowed into, for the message.
        """
        if self.width > MAX_WIDTH:
            raise ValueError(
                f"{role}: expected {name} of at most {MAX_WIDTH} bits, got {self.width}"
            )

    @property
    def format(self) -> QFormat:
        """The narrowest signed format that holds all values."""
        return QFormat(self.width - self.fraction, self.fraction)

    def place(self, raw: np.ndarray, fraction: int) -> np.ndarray:
        """``raw`` with ``fraction`` fraction bits in this fraction and in :attr:`kind`; itself if
        it is so already."""
        placed = carried(raw, self.kind)
        if fraction == self.fraction:
            return placed
        return placed * self.kind(2.0 ** (self.fraction - fraction))
