"""Whole numbers of any length, as digits: what is computed exactly of exact sums."""

from dataclasses import dataclass, replace

import numpy as np

from build_decoder.quant.limiting import limit
from build_decoder.quant.qformat import QFormat

__all__ = ["Whole", "carried_digits"]

_MOST_CODE_BITS = 22
"""Bits of the size of a code that numbers are rounded to, at most."""


@dataclass(frozen=True, eq=False)
class Whole:
    """Numbers in units of ``2**exponent``.

    Parameters
    ----------
    digits
        Int64 (digits, ...), last first, to the base ``2**bits``; the top one has the sign.
    bits
        Of a digit, at most 21.
    exponent
        Of the last bit.
    """

    digits: np.ndarray
    bits: int
    exponent: int

    def part(self, columns: slice) -> "Whole":
        """Those of some columns, along the last axis."""
        return replace(self, digits=self.digits[..., columns])

    def plus(self, other: "Whole", factor: np.ndarray, places: int) -> "Whole":
        """``self + other * factor / 2**places``, exact, of numbers in the same units; factors have
        at most 40 bits."""
        digits = (self.digits << places) + other.digits * factor
        room = np.zeros((-(-40 // self.bits) + 1, *digits.shape[1:]), np.int64)
        digits = carried_digits(np.concatenate([digits, room]), self.bits)
        return replace(self, digits=digits, exponent=self.exponent - places)

    def rounded(self, format: QFormat) -> np.ndarray:
        """Int64 raw numbers of ``format``, rounded half up and limited to it."""
        drop, digits = -format.fraction - self.exponent, self.digits
        place, rest = divmod(max(drop, 0), self.bits)
        if drop > 0:
            # So many that there is one where the number is cut.
            above = np.zeros((max(place + 2 - len(digits), 1), *digits.shape[1:]), np.int64)
            digits = np.concatenate([digits, above])
            half, bit = divmod(drop - 1, self.bits)
            digits[half] += 1 << bit
            digits = carried_digits(digits, self.bits)
        most = 1 << _MOST_CODE_BITS
        codes = digits[-1]
        # What is beyond stays beyond, whatever digits follow.
        for digit in digits[place:-1][::-1]:
            codes = (np.clip(codes, -most, most) << self.bits) + digit
        codes = np.clip(codes >> rest, -most, most) << max(-drop, 0)
        return limit(codes, format)


def carried_digits(digits: np.ndarray, bits: int) -> np.ndarray:
    """Digits of the same numbers, 0 to ``2**bits - 1`` but for the last one, which has the
    sign."""
    digits = digits.copy()
    for low, high in zip(digits[:-1], digits[1:], strict=True):
        high += low >> bits
        low &= (1 << bits) - 1
    return digits
