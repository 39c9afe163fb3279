"""Q-format: the fixed-point number format of one signal node (AHEAD, Section 3.3 and Figure 8)."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.limiting import limit
from build_decoder.quant.rounding import Rounding

__all__ = ["MAX_WIDTH", "QFormat", "exact_fraction"]

MAX_WIDTH = 48
"""Widest format, in bits: sums of a layer's products then stay exact in 64-bit integers."""


@dataclass(frozen=True)
class QFormat:
    """Fixed-point format ``Q(integer).(fraction)``; a value is ``raw * 2**-fraction``.

    Parameters
    ----------
    integer
        Integer bit width (AHEAD's IBW), the sign bit counted in it, as in ``ap_fixed``. May be zero
        or negative: the format then has leading fraction bits that are never stored.
    fraction
        Fraction bit width (AHEAD's FBW). May exceed the width or be negative.
    signed
        Two's complement when true.

    Raises
    ------
    ValueError
        If ``integer + fraction`` is not in 1 to :data:`MAX_WIDTH`.
    """

    integer: int
    fraction: int
    signed: bool = True

    def __post_init__(self):
        if not 1 <= self.width <= MAX_WIDTH:
            raise ValueError(
                f"expected a width (integer + fraction) of 1 to {MAX_WIDTH} bits, got "
                f"{self.integer} + {self.fraction} = {self.width}"
            )
        object.__setattr__(self, "_hash", hash((self.integer, self.fraction, self.signed)))

    def __hash__(self):
        # Computed once: a search looks formats up by the hundred thousand.
        return self._hash

    def __str__(self):
        return f"{'s' if self.signed else 'u'}Q{self.integer}.{self.fraction}"

    @property
    def width(self) -> int:
        """Stored bits."""
        return self.integer + self.fraction

    @property
    def min_raw(self) -> int:
        """Least raw value."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def max_raw(self) -> int:
        """Greatest raw value."""
        return (1 << (self.width - self.signed)) - 1

    @property
    def resolution(self) -> float:
        """Value of one raw step."""
        return 2.0**-self.fraction

    def quantise(self, values, kind: type = np.int64) -> np.ndarray:
        """Raw values, of type ``kind``, of real ``values`` (any shape), rounded half up and
        saturated."""
        return self._raw(values).astype(kind)

    def nearest(self, values) -> np.ndarray:
        """Real ``values`` (any shape) rounded half up and saturated, float64."""
        return self._raw(values) * self.resolution

    def _raw(self, values) -> np.ndarray:
        # In place, since a new array takes longer than the arithmetic; but not a single number.
        scaled = np.atleast_1d(np.asarray(values, dtype=np.float64) * 2.0**self.fraction)
        scaled += 0.5
        np.floor(scaled, out=scaled)
        # The method takes half as long as np.clip() of few values.
        return scaled.clip(self.min_raw, self.max_raw, out=scaled).reshape(np.shape(values))

    def to_real(self, raw) -> np.ndarray:
        """Real float64 values of ``raw`` (any shape)."""
        return np.asarray(raw, dtype=np.float64) * self.resolution

    def outside(self, values) -> np.ndarray:
        """Where real ``values`` (any shape), rounded, lie beyond the format; booleans."""
        with np.errstate(over="ignore"):  # infinity is beyond it
            rounded = np.floor(np.asarray(values, dtype=np.float64) * 2.0**self.fraction + 0.5)
        return (rounded < self.min_raw) | (rounded > self.max_raw)

    def order(self, raw) -> np.ndarray:
        """Integers that compare as the values of ``raw`` do: these themselves."""
        return np.asarray(raw)

    @property
    def ends(self) -> tuple[float, float]:
        """Least and greatest number."""
        low, high = self.to_real([self.min_raw, self.max_raw])
        return float(low), float(high)

    def narrow(self, raw, source_fraction: int, rounding: Rounding) -> np.ndarray:
        """Raw values at ``source_fraction`` fraction bits (any shape), saturated to this.

        Int64, or in the type that carries them (:mod:`quant.carrier`).
        """
        raw = np.asarray(raw)
        if raw.dtype.kind != "f":
            raw = raw.astype(np.int64)
        shifted = rounding.shift(raw, source_fraction - self.fraction)
        return limit(shifted, self)

    @classmethod
    def for_raw_range(cls, low: int, high: int, *, fraction: int, signed: bool = True):
        """Narrowest format with ``fraction`` fraction bits that holds raw ``low`` to ``high``."""
        width = max(int(high).bit_length(), int(-low - 1).bit_length() if low < 0 else 0) + signed
        return cls(max(width, 1) - fraction, fraction, signed)


def exact_fraction(values: np.ndarray) -> int:
    """Fewest fraction bits, of 0 to :data:`MAX_WIDTH`, that hold ``values``, or the most."""
    for fraction in range(MAX_WIDTH):
        scaled = values * 2.0**fraction
        if np.array_equal(scaled, np.floor(scaled)):
            return fraction
    return MAX_WIDTH
