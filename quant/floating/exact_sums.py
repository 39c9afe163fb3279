"""Exact sums of floating-point products: a layer's dot products, rounded once each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.floating.whole import Whole, carried_digits

__all__ = ["Accumulator", "ExactSums", "last_bits"]

_EXACT = 53
"""Integers of so many bits, and a sign, are exact in float64."""

_MOST_LIMB = 21
"""Three limbs then fit into int64."""

_LEAST_LIMB = 13
"""Three limbs then have two bits more than the longest significand, whatever leads them."""

_BELOW = 2
"""Limbs of zeros below a sum: three are there below any that leads."""

Dot = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Sums of products: see :meth:`ExactSums.summed`."""


@dataclass(frozen=True)
class Accumulator:
    """Two's complement integers of ``width`` bits, in units of ``2**least``."""

    width: int
    least: int

    signed: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class ExactSums:
    """``sum over n of x[..., n] * weights[n, u]``, exact, then a bias and a constant, exact too;
    rounded to the nearest, ties even.

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
    biases
        Codes (sums,), or (terms, sums), of ``weight_format``, all finite, of what is added to each
        sum; None for none.
    half
        Exponent of a power of two that is added to all sums, so that a floor behind them rounds
        half up; none where they have no bits below it, or if None.

    Raises
    ------
    ValueError
        If weights are not of (terms, sums), biases not of (sums,), any of them not finite, or there
        are more than 2**27 terms.
    """

    inputs: InputRange
    weights: np.ndarray
    weight_format: FloatFormat
    output: FloatFormat
    biases: np.ndarray | None = None
    half: int | None = None

    def __post_init__(self):
        if self.weights.ndim != 2 or not self.weights.size:
            raise ValueError(f"expected weights of (terms, sums), got {self.weights.shape}")
        if self.biases is not None and self.biases.shape[-1:] != self.weights.shape[1:]:
            raise ValueError(
                f"expected biases of {self.weights.shape[1:]}, got {self.biases.shape}"
            )
        for name, codes in (("weights", self.weights), ("biases", self.biases)):
            if codes is not None and not np.isfinite(self.weight_format.decode(codes)).all():
                raise ValueError(f"expected finite {name}, got an infinity or NaN among them")
        if self._limb < _LEAST_LIMB:
            raise ValueError(f"expected at most 2**27 terms, got {len(self.weights)}")

    @cached_property
    def least_weight(self) -> int:
        """Exponent of the last bit that any weight has; 0 if all are zero."""
        return min(last_bits(self.weight_format, self.weights), default=0)

    @property
    def least(self) -> int:
        """Exponent of the accumulator's last bit."""
        return self.least_weight + self.inputs.least

    @cached_property
    def bound(self) -> int:
        """Greatest size of any sum of any of a neuron's products, in units of ``2**least``."""
        significands, exponents = self.weight_format.parts(self.weights)
        # Python's integers: weights of FP32 may be 277 bits apart. Last zeros go before the shift.
        sums = [0] * self.weights.shape[1]
        for row, shifts in zip(significands, exponents - self.least_weight, strict=True):
            for unit, (size, shift) in enumerate(zip(row.tolist(), shifts.tolist(), strict=True)):
                sums[unit] += _shifted(size, shift)
        return max(sums) * self.inputs.steps

    @property
    def width(self) -> int:
        """Bits of the accumulator, the sign counted in it."""
        return self.bound.bit_length() + 1

    @property
    def accumulator(self) -> Accumulator:
        """Where sums of products are, by themselves."""
        return Accumulator(self.width, self.least)

    @cached_property
    def total(self) -> Accumulator:
        """Where sums with what is added to them are."""
        bound = self.bound << (self.least - self._unit)
        bound += max(abs(value) for value in self.added)
        return Accumulator(bound.bit_length() + 1, self._unit)

    @cached_property
    def _unit(self) -> int:
        """Exponent of the last bit of sums with what is added to them."""
        biases = () if self.biases is None else last_bits(self.weight_format, self.biases)
        return min((self.least, *biases))

    @cached_property
    def added(self) -> list[int]:
        """Bias and constant of each sum, in units of the last bit of :attr:`total`."""
        added = [0] * self.weights.shape[1]
        for row in () if self.biases is None else np.atleast_2d(self.biases):
            significands, exponents = self.weight_format.parts(row)
            signs = np.where(row & self.weight_format.sign_bit, -1, 1)
            shifts = (exponents - self._unit).tolist()
            sizes = map(_shifted, significands.tolist(), shifts)
            terms = zip(added, signs, sizes, strict=True)
            added = [before + int(sign) * size for before, sign, size in terms]
        if self.half is not None and self.half >= self._unit:
            added = [value + (1 << (self.half - self._unit)) for value in added]
        return added

    def compute(self, x) -> np.ndarray:
        """Codes (..., sums) of ``output`` for input codes (..., terms)."""
        return self.output.encode(self.values(x))

    def values(self, x) -> np.ndarray:
        """Float64 sums (..., sums) for input codes (..., terms), as :meth:`summed` gives them."""
        x = np.asarray(x)
        if x.shape[-1:] != self.weights.shape[:1]:
            raise ValueError(f"expected inputs (..., {len(self.weights)}), got {x.shape}")
        found = self.summed(x.reshape(-1, len(self.weights)), np.matmul)
        return found.reshape(*x.shape[:-1], self.weights.shape[1])

    def summed(self, x: np.ndarray, dot: Dot) -> np.ndarray:
        """Float64 sums (..., sums) of input codes of any shape.

        A sum of more bits than float64 has is rounded to odd: its leading bits are there, and the
        last of these is set if any below is. To round it or to take its floor, with a few bits
        less, gives what the whole sum gives.

        Parameters
        ----------
        dot
            ``dot(x, weights)`` makes sums (..., sums) of float64 ``x``, of the shape of the codes,
            and ``weights`` (terms, sums): each of products of its weights with other values of
            ``x``, or with zeros.
        """
        taken = self.inputs.take(x)
        few = self.total.width - 1 <= _EXACT
        values = self._few_bits(taken, dot) if few else self._many_bits(taken, dot)
        nan = (taken & (self.inputs.format.sign_bit - 1)) > self.inputs.format.infinity
        if nan.any():
            found = dot(nan.astype(np.float64), np.ones(self.weights.shape))
            values = np.where(found > 0, np.nan, values)
        return values

    def _few_bits(self, taken: np.ndarray, dot: Dot) -> np.ndarray:
        """Sums, which float64 holds whole."""
        x = _limbs(self.inputs.format, taken, self.inputs.least, _EXACT, 1)[0]
        w = _limbs(self.weight_format, self.weights, self.least_weight, _EXACT, 1)[0]
        sums = np.ldexp(dot(x, w), self.least - self._unit)
        # Libraries differ in the sign of a sum of minus zeros.
        return np.ldexp(sums + np.array(self.added, dtype=np.float64) + 0.0, self._unit)

    @property
    def _limb(self) -> int:
        """Bits of a limb: sums of products of two limbs are exact in float64."""
        return min((_EXACT - (len(self.weights) - 1).bit_length()) // 2, _MOST_LIMB)

    @cached_property
    def _weight_limbs(self) -> list[np.ndarray]:
        significands, exponents = self.weight_format.parts(self.weights)
        unit = self._unit - self.inputs.least
        bits = int((exponents - unit)[significands > 0].max(initial=0))
        count = -(-(bits + self.weight_format.fraction + 1) // self._limb)
        return _limbs(self.weight_format, self.weights, unit, self._limb, count)

    @cached_property
    def _added_limbs(self) -> list[np.ndarray]:
        """Limbs, last first, of what is added: int64 (sums,) of its sign."""
        k = self._limb
        count = -(-max(value.bit_length() for value in self.added) // k)
        return [
            np.array([
                (abs(value) >> k * place & (1 << k) - 1) * (-1 if value < 0 else 1)
                for value in self.added
            ])
            for place in range(count)
        ]

    def whole(self, x: np.ndarray) -> Whole:
        """Sums (..., sums) of input codes (..., terms), all bits of them; those of NaN are of
        numbers that do not matter."""
        digits = self._digits(self.inputs.take(x), np.matmul)
        return Whole(carried_digits(digits[_BELOW:], self._limb), self._limb, self._unit)

    def _digits(self, taken: np.ndarray, dot: Dot) -> np.ndarray:
        """Digits of sums, not carried: int64 (digits, ..., sums), two of zeros below all others."""
        k = self._limb
        count = max(-(-self.inputs.steps.bit_length() // k), 1)
        x = _limbs(self.inputs.format, taken, self.inputs.least, k, count)
        w = self._weight_limbs
        # Two limbs more for carries.
        added = self._added_limbs
        long = max(len(x) + len(w), len(added))
        lowest = dot(x[0], w[0]).astype(np.int64)
        digits = np.zeros((_BELOW + long + 2, *lowest.shape), np.int64)
        digits[_BELOW] = lowest
        for i, left in enumerate(x):
            if left.any():
                for j, right in enumerate(w):
                    if i + j:
                        digits[_BELOW + i + j] += dot(left, right).astype(np.int64)
        for place, limb in enumerate(added, start=_BELOW):
            digits[place] += limb
        return digits

    def _many_bits(self, taken: np.ndarray, dot: Dot) -> np.ndarray:
        """Sums rounded to odd: their leading bits, and the last set if any below is set.

        Float64 holds these, and rounded to a format they are what the whole sums are.
        """
        k, digits = self._limb, self._digits(taken, dot)
        negative = carried_digits(digits, k)[-1] < 0
        digits = carried_digits(np.where(negative, -digits, digits), k)
        lead = len(digits) - 1 - (digits[::-1] != 0).argmax(axis=0)
        lead = np.where(digits.any(axis=0), lead, 2)
        place = np.arange(len(digits)).reshape(-1, *[1] * (digits.ndim - 1))
        sticky = (digits * (place < lead - 2)).any(axis=0)
        first, second, third = (np.take_along_axis(digits, lead[None] - n, 0)[0] for n in range(3))
        top = (first << 2 * k) | (second << k) | third
        drop = max(3 * k - _EXACT, 0)
        odd = (top >> drop) | sticky | ((top & ((1 << drop) - 1)) != 0)
        values = np.ldexp(odd.astype(np.float64), drop + k * (lead - 4) + self._unit)
        return np.where(negative, -values, values)


def last_bits(format: FloatFormat, codes: np.ndarray) -> list[int]:
    """Exponents of the last bits of those numbers that are not zero."""
    significands, exponents = format.parts(codes)
    lasts = np.frexp((significands & -significands).astype(np.float64))[1] - 1
    return (exponents + lasts)[significands > 0].tolist()


def _shifted(size: int, shift: int) -> int:
    """``size * 2**shift``; bits below the point must be zero."""
    return size << shift if shift >= 0 else size >> -shift


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
