"""Operands of products of floats: significands, and the shifts that bring products to their place.

All are known before there is hardware: they follow from a layer's weights and its input range.
"""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.qformat import QFormat

__all__ = ["TakenInputs", "WeightWords"]

_SPARE_BITS = 2
"""Bits that an input may have more than a significand as a whole number: a multiplier is as much
wider, and the shifters of all neurons are smaller."""


@dataclass(frozen=True)
class TakenInputs:
    """Inputs of a range as ``significand * 2**(shift + range.least)``.

    Parameters
    ----------
    range
        The range.
    """

    range: InputRange

    @property
    def whole(self) -> bool:
        """Whether they are whole numbers in units of ``2**range.least``, without a shift."""
        significand = self.range.format.fraction + 1
        return self.range.steps.bit_length() <= significand + _SPARE_BITS

    @property
    def greatest_code(self) -> int:
        """Code of the greatest one."""
        return int(self.range.format.encode(self.range.greatest))

    @property
    def top(self) -> int:
        """Exponent of the last bit of the greatest one's significand."""
        _, exponent = self.range.format.parts(self.greatest_code)
        return int(exponent)

    @property
    def size_bits(self) -> int:
        """Bits of a significand without its sign."""
        if self.whole:
            return max(self.range.steps.bit_length(), 1)
        return self.range.format.fraction + 1

    @property
    def significand(self) -> QFormat:
        """Of a significand, which has a sign."""
        return QFormat(self.size_bits + 1, 0)

    @property
    def shift_bits(self) -> int:
        """Bits of a shift."""
        return 0 if self.whole else (self.top - self.range.least).bit_length()


@dataclass(frozen=True, eq=False)
class WeightWords:
    """Weights as words: a signed significand, and above it a shift.

    A weight is ``significand * 2**(shift + least)``.

    Parameters
    ----------
    significands, shifts
        Int64 (inputs, units).
    """

    significands: np.ndarray
    shifts: np.ndarray

    @classmethod
    def of(cls, format: FloatFormat, codes: np.ndarray, least: int) -> "WeightWords":
        """Words of ``codes``, none of which has a bit below ``2**least``."""
        sizes, exponents = format.parts(codes)
        sizes = sizes >> np.clip(least - exponents, 0, 63)
        shifts = np.where(sizes > 0, np.maximum(exponents - least, 0), 0)
        widest = max(
            int(size).bit_length() + int(shift)
            for size, shift in zip(sizes.flat, shifts.flat, strict=True)
        )
        if widest <= format.fraction + 1:
            sizes, shifts = sizes << shifts, np.zeros_like(shifts)
        return cls(np.where(codes & format.sign_bit, -sizes, sizes), shifts)

    @property
    def significand(self) -> QFormat:
        """Of a significand."""
        low, high = int(self.significands.min()), int(self.significands.max())
        return QFormat.for_raw_range(min(low, 0), max(high, 0), fraction=0)

    @property
    def shift_bits(self) -> int:
        """Bits of a shift."""
        return int(self.shifts.max()).bit_length()

    @property
    def width(self) -> int:
        """Bits of a word."""
        return self.significand.width + self.shift_bits

    @property
    def words(self) -> np.ndarray:
        """Int64 (inputs, units), unsigned."""
        bits = self.significand.width
        return self.significands & (1 << bits) - 1 | self.shifts << bits
