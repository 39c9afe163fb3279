"""Rounding of an exact sum to a floating-point format: what is known before there is hardware."""

from dataclasses import dataclass

from build_decoder.quant.floating.float_format import FloatFormat

__all__ = ["Rounding"]


_SHORT = 16
"""Bits of a size whose leading one is found and brought to the top in one cycle."""


@dataclass(frozen=True)
class Rounding:
    """Whole numbers of ``width`` bits in units of ``2**least``, to the nearest code, ties even.

    Parameters
    ----------
    width
        Bits of a number, the sign counted in it.
    signed
        Two's complement when true; the least number does not occur.
    least
        Exponent of the last bit.
    format
        Format of the code.
    """

    width: int
    signed: bool
    least: int
    format: FloatFormat

    @property
    def latency(self) -> int:
        """Cycles: the size of a signed number; where the leading one of a long size is; the shift
        that brings it to the top; the rounding."""
        return 2 + self.signed + self.long

    @property
    def long(self) -> bool:
        """Whether finding the leading one takes a cycle of its own."""
        return self.size_bits > _SHORT

    @property
    def zeros(self) -> tuple[int, int]:
        """Zeros that a size gets below and above it: so many that all bits which a code may have,
        and the one that decides a tie, are there, and that the top one is of a normal number."""
        size, f = self.width - self.signed, self.format
        above = max(1 - f.bias - self.least + 1 - size, 0)
        return max(f.fraction + 3 - size - above, 0), above

    @property
    def size_bits(self) -> int:
        """Bits of a size with its zeros."""
        below, above = self.zeros
        return self.width - self.signed + below + above

    @property
    def top(self) -> int:
        """What the exponent field is less one, of a number whose leading one is at the top."""
        below, _ = self.zeros
        return self.size_bits - 1 + self.least - below - (1 - self.format.bias)

    @property
    def most_shift(self) -> int:
        """Most places by which a size is shifted to the left; others are subnormal."""
        return min(self.top, self.size_bits - 1)

    @property
    def overflows(self) -> bool:
        """Whether a number may become an infinity."""
        return (self.top + 2) << self.format.fraction > self.format.infinity
