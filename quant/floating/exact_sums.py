"""Exact sums of floating-point products: a layer's dot products, rounded once each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.input_range import InputRange

__all__ = ["ExactSums"]

_EXACT = 53
"""Integers of so many bits, and a sign, are exact in float64."""

_MOST_LIMB = 21
"""Three limbs then fit into int64."""

_LEAST_LIMB = 13
"""Three limbs then have two bits more than the longest significand, whatever leads them."""


@dataclass(frozen=True, eq=False)
class ExactSums:
    """``sum over n of x[..., n] * weights[n, u]``, exact, then rounded to the nearest, ties even.

    The accumulator is a two's complement integer of :attr:`width` bits in units of ``2**least``.
    No product has a bit below, and no sum, in any order, is beyond :attr:`bound`. So the order of
    the products does not matter. A sum of exactly zero is plus zero. NaN among a row's inputs makes
    all of its sums NaN.

    Parameters
    ----------
    inputs
        What inputs are taken, and what becomes of others.
    weights
        Codes (terms, sums) of ``weight_format``, all finite.
    weight_format, output
        Formats of the weights and of the rounded sums.

    Raises
    ------
    ValueError
        If weights are not of (terms, sums), not finite, or of more than 2**27 terms.
    """

    inputs: InputRange
    weights: np.ndarray
    weight_format: FloatFormat
    output: FloatFormat

    def __post_init__(self):
        if self.weights.ndim != 2 or not self.weights.size:
            raise ValueError(f"expected weights of (terms, sums), got {self.weights.shape}")
        if not np.isfinite(self.weight_format.decode(self.weights)).all():
            raise ValueError("expected finite weights, got an infinity or NaN among them")
        if self._limb < _LEAST_LIMB:
            raise ValueError(f"expected at most 2**27 terms, got {len(self.weights)}")

    @cached_property
    def _least_weight(self) -> int:
        """Exponent of the last bit that any weight has; 0 if all are zero."""
        significands, exponents = self.weight_format.parts(self.weights)
        lasts = np.frexp((significands & -significands).astype(np.float64))[1] - 1
        there = significands > 0
        return int((exponents + lasts)[there].min()) if there.any() else 0

    @property
    def least(self) -> int:
        """Exponent of the accumulator's last bit."""
        return self._least_weight + self.inputs.least

    @cached_property
    def bound(self) -> int:
        """Greatest size of any sum of any of a neuron's products, in units of ``2**least``."""
        significands, exponents = self.weight_format.parts(self.weights)
        # Python's integers: weights of FP32 may be 277 bits apart. Last zeros go before the shift.
        sums = [0] * self.weights.shape[1]
        for row, shifts in zip(significands, exponents - self._least_weight, strict=True):
            for unit, (size, shift) in enumerate(zip(row.tolist(), shifts.tolist(), strict=True)):
                sums[unit] += size << shift if shift >= 0 else size >> -shift
        return max(sums) * self.inputs.steps

    @property
    def width(self) -> int:
        """Bits of the accumulator, the sign counted in it."""
        return self.bound.bit_length() + 1

    def compute(self, x) -> np.ndarray:
        """Codes (..., sums) of ``output`` for input codes (..., terms)."""
        x = np.asarray(x)
        if x.shape[-1:] != self.weights.shape[:1]:
            raise ValueError(f"expected inputs (..., {len(self.weights)}), got {x.shape}")
        taken = self.inputs.take(x)
        rows = taken.reshape(-1, len(self.weights))
        if self.bound.bit_length() <= _EXACT:
            values = self._few_bits(rows)
        else:
            values = self._many_bits(rows)
        codes = self.output.encode(values)
        has_nan = ((rows & (self.inputs.format.sign_bit - 1)) > self.inputs.format.infinity).any(1)
        codes[has_nan] = self.output.nan
        return codes.reshape(*x.shape[:-1], self.weights.shape[1])

    def _few_bits(self, rows: np.ndarray) -> np.ndarray:
        """Sums, which float64 holds whole."""
        x = _limbs(self.inputs.format, rows, self.inputs.least, _EXACT, 1)[0]
        w = _limbs(self.weight_format, self.weights, self._least_weight, _EXACT, 1)[0]
        # Libraries differ in the sign of a sum of minus zeros.
        return np.ldexp(x @ w + 0.0, self.least)

    @property
    def _limb(self) -> int:
        """Bits of a limb: sums of products of two limbs are exact in float64."""
        return min((_EXACT - (len(self.weights) - 1).bit_length()) // 2, _MOST_LIMB)

    @cached_property
    def _weight_limbs(self) -> list[np.ndarray]:
        significands, exponents = self.weight_format.parts(self.weights)
        bits = int((exponents - self._least_weight)[significands > 0].max())
        count = -(-(bits + self.weight_format.fraction + 1) // self._limb)
        return _limbs(self.weight_format, self.weights, self._least_weight, self._limb, count)

    def _many_bits(self, rows: np.ndarray) -> np.ndarray:
        """Sums rounded to odd: their leading bits, and the last set if any below is set.

        Float64 holds these, and rounded to a format they are what the whole sums are.
        """
        k = self._limb
        count = -(-self.inputs.steps.bit_length() // k)
        x = _limbs(self.inputs.format, rows, self.inputs.least, k, count)
        w = self._weight_limbs
        # Two limbs of zeros below, so that three are there below any that leads; two for carries.
        digits = np.zeros((2 + len(x) + len(w) + 2, len(rows), self.weights.shape[1]), np.int64)
        for i, left in enumerate(x):
            if left.any():
                for j, right in enumerate(w):
                    digits[2 + i + j] += (left @ right).astype(np.int64)
        negative = _carry(digits, k)[-1] < 0
        digits = _carry(np.where(negative, -digits, digits), k)
        lead = len(digits) - 1 - (digits[::-1] != 0).argmax(axis=0)
        lead = np.where(digits.any(axis=0), lead, 2)
        place = np.arange(len(digits))[:, None, None]
        sticky = (digits * (place < lead - 2)).any(axis=0)
        first, second, third = (np.take_along_axis(digits, lead[None] - n, 0)[0] for n in range(3))
        top = (first << 2 * k) | (second << k) | third
        drop = max(3 * k - _EXACT, 0)
        odd = (top >> drop) | sticky | ((top & ((1 << drop) - 1)) != 0)
        values = np.ldexp(odd.astype(np.float64), drop + k * (lead - 4) + self.least)
        return np.where(negative, -values, values)


def _limbs(format: FloatFormat, codes, least: int, bits: int, count: int) -> list[np.ndarray]:
    """Float64 limbs of ``bits`` bits, last first, of numbers in units of ``2**least``.

    Each limb has the number's sign. Bits below the unit must be zero.
    """
    significands, exponents = format.parts(codes)
    sign = np.where(codes & format.sign_bit, -1.0, 1.0)
    limbs = []
    for number in range(count):
        # Beyond these shifts no bit is in this limb.
        shift = exponents - least - bits * number
        up = np.where(shift < bits, significands, 0) << np.clip(shift, 0, bits - 1)
        limb = np.where(shift >= 0, up, significands >> np.clip(-shift, 0, 63))
        limbs.append((limb & ((1 << bits) - 1)) * sign)
    return limbs


def _carry(digits: np.ndarray, bits: int) -> np.ndarray:
    """Digits of the same sums, 0 to ``2**bits - 1`` but for the last one, which has the sign."""
    digits = digits.copy()
    for low, high in zip(digits[:-1], digits[1:], strict=True):
        high += low >> bits
        low &= (1 << bits) - 1
    return digits
