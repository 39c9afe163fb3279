"""Float format: the binary floating-point numbers of one signal, and their codes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

__all__ = ["BF16", "FP16", "FP32", "FloatFormat"]

_MAX_EXPONENT = 8
_MAX_FRACTION = 23


@dataclass(frozen=True)
class FloatFormat:
    """Binary floating-point format as IEEE 754 lays it out: sign, exponent, fraction.

    A code is an int64 bit pattern, 0 to ``2**width - 1``: the raw value of
    :class:`quant.number_format.NumberFormat`. The greatest exponent field has the
    infinities and NaN. Formats go up to FP32, so that float64 holds every value exactly.

    Parameters
    ----------
    exponent
        Bits of the exponent field, 2 to 8.
    fraction
        Bits of the fraction field, 1 to 23; the leading one is not stored.
    subnormals
        When false, a subnormal code is read as zero, and a result that is subnormal after its
        rounding becomes zero; both keep the sign.

    Raises
    ------
    ValueError
        If a field is outside of its range.
    """

    exponent: int
    fraction: int
    subnormals: bool = True

    signed: ClassVar[bool] = False
    """Codes are bit patterns: their sign is one of the bits."""

    min_raw: ClassVar[int] = 0

    def __post_init__(self):
        if not (2 <= self.exponent <= _MAX_EXPONENT and 1 <= self.fraction <= _MAX_FRACTION):
            raise ValueError(
                f"expected 2 to {_MAX_EXPONENT} exponent bits and 1 to {_MAX_FRACTION} fraction "
                f"bits, got {self.exponent} and {self.fraction}"
            )

    def __str__(self):
        return f"E{self.exponent}M{self.fraction}{'' if self.subnormals else ' ftz'}"

    @property
    def width(self) -> int:
        """Stored bits."""
        return 1 + self.exponent + self.fraction

    @property
    def max_raw(self) -> int:
        """Greatest code."""
        return (1 << self.width) - 1

    @property
    def ends(self) -> tuple[float, float]:
        """Least and greatest finite number."""
        greatest = float(self.decode(self.infinity - 1))
        return -greatest, greatest

    @property
    def bias(self) -> int:
        """What the exponent field has more than the exponent of the leading one."""
        return (1 << (self.exponent - 1)) - 1

    @property
    def least_exponent(self) -> int:
        """Exponent of the last fraction bit of a subnormal: values are multiples of its power."""
        return 1 - self.bias - self.fraction

    @property
    def sign_bit(self) -> int:
        """Code of minus zero."""
        return 1 << (self.width - 1)

    @property
    def least_normal(self) -> int:
        """Code of the least positive normal number."""
        return 1 << self.fraction

    @property
    def infinity(self) -> int:
        """Code of plus infinity; positive codes below it are finite, and above it NaN."""
        return ((1 << self.exponent) - 1) << self.fraction

    @property
    def nan(self) -> int:
        """Code of the one NaN that is written: quiet, positive, without payload."""
        return self.infinity | 1 << (self.fraction - 1)

    def encode(self, values) -> np.ndarray:
        """Int64 codes of real ``values`` (any shape), to the nearest, ties to the even code.

        Values that round beyond the greatest finite number become infinities, and any NaN becomes
        :attr:`nan`. Values are taken as float64, so that one rounding is all there is; integers
        and longer floats that float64 does not hold raise ValueError.
        """
        values = _as_float64(values)
        finite = np.isfinite(values)
        magnitude = np.where(finite, np.abs(values), 0.0)
        # Of the leading bit; a subnormal's fraction bits are where the least normal's are.
        leading = np.maximum(np.frexp(magnitude)[1].astype(np.int64) - 1, 1 - self.bias)
        leading = np.where(magnitude > 0, leading, 1 - self.bias)
        steps = np.rint(np.ldexp(magnitude, self.fraction - leading)).astype(np.int64)
        # The leading one adds one to the exponent field, and a carry of the rounding another.
        codes = ((leading + self.bias - 1) << self.fraction) + steps
        codes = np.where(finite, np.minimum(codes, self.infinity), self.infinity)
        if not self.subnormals:
            codes = np.where(codes < self.least_normal, 0, codes)
        codes = np.where(np.signbit(values), codes | self.sign_bit, codes)
        return np.where(np.isnan(values), self.nan, codes)

    def decode(self, codes) -> np.ndarray:
        """Float64 values of ``codes`` (any shape), exact.

        Raises ValueError for codes that are no integers, or not in 0 to ``2**width - 1``.
        """
        significands, exponents = self.parts(codes)
        codes = np.asarray(codes, dtype=np.int64)
        magnitude = codes & (self.sign_bit - 1)
        values = np.ldexp(significands.astype(np.float64), exponents)
        values = np.where(magnitude == self.infinity, np.inf, values)
        values = np.where(magnitude > self.infinity, np.nan, values)
        return np.where(codes & self.sign_bit, -values, values)

    def quantise(self, values) -> np.ndarray:
        """As :meth:`encode`."""
        return self.encode(values)

    def to_real(self, raw) -> np.ndarray:
        """As :meth:`decode`."""
        return self.decode(raw)

    def outside(self, values) -> np.ndarray:
        """Where real ``values`` (any shape) are no numbers of the format, however rounded:
        infinities, what becomes one, and NaN; booleans."""
        return (self.encode(values) & (self.sign_bit - 1)) >= self.infinity

    def underflows(self, values) -> np.ndarray:
        """Where real ``values`` (any shape) lose bits, or all, because they are smaller than the
        least normal number; booleans. Zero loses none."""
        size = np.abs(np.asarray(values, dtype=np.float64))
        lost = np.abs(self.decode(self.encode(size)) - size)
        small = size < self.decode(self.least_normal)
        return small & (lost > size * 2.0 ** -(self.fraction + 1))

    def order(self, raw) -> np.ndarray:
        """Integers that compare as the numbers of ``raw`` do; both zeros are one, and NaN is beyond
        the infinity of its sign."""
        raw = self.checked(raw)
        size = raw & (self.sign_bit - 1)
        if not self.subnormals:
            size = np.where(size < self.least_normal, 0, size)
        return np.where(raw & self.sign_bit, -size, size)

    def ranks(self, raw) -> np.ndarray:
        """Integers of ``width`` bits with a sign, each code its own, that sort as the numbers of
        ``raw`` do, as IEEE 754's total order has it: minus zero is below plus zero, and NaN is
        beyond the infinity of its sign."""
        raw = self.checked(raw)
        size = raw & (self.sign_bit - 1)
        return np.where(raw & self.sign_bit, ~size, size)

    def of_ranks(self, ranks: np.ndarray) -> np.ndarray:
        """The codes that have these :meth:`ranks`."""
        return np.where(ranks < 0, ~ranks | self.sign_bit, ranks)

    def parts(self, codes) -> tuple[np.ndarray, np.ndarray]:
        """Significands and exponents, int64: a finite size is ``significand * 2**exponent``.

        Both have the shape of ``codes``. The significand has the leading one, if there is one, and
        no sign. Infinities and NaN have no size: their significand is zero here.
        """
        codes = self.checked(codes)
        field = (codes >> self.fraction) & ((1 << self.exponent) - 1)
        below = codes & (self.least_normal - 1)
        significands = np.where(field > 0, below | self.least_normal, below * self.subnormals)
        special = field == (1 << self.exponent) - 1
        exponents = np.maximum(field, 1) - 1 + self.least_exponent
        return np.where(special, 0, significands), np.where(special, 0, exponents)

    def checked(self, codes) -> np.ndarray:
        """``codes`` as int64; ValueError if one is no integer, or not in 0 to ``2**width - 1``."""
        codes = np.asarray(codes)
        if codes.dtype.kind not in "iu":
            raise ValueError(f"expected codes as integers, got {codes.dtype}")
        if codes.size and not (codes.min() >= 0 and int(codes.max()) < 1 << self.width):
            raise ValueError(
                f"expected codes of 0 to {(1 << self.width) - 1} ({self}), got "
                f"{codes.min()} to {codes.max()}"
            )
        return codes.astype(np.int64)


def _as_float64(values) -> np.ndarray:
    """``values`` as float64; raises ValueError if they are not real, or it cannot hold them."""
    given = np.asarray(values)
    if given.dtype.kind not in "biuf":
        raise ValueError(f"expected real numbers, got {given.dtype}")
    values = given.astype(np.float64)
    if given.dtype.kind in "biu":
        small = not given.size or np.abs(values).max() < 1 << 53
        same = small or all(int(a) == int(b) for a, b in zip(given.flat, values.flat, strict=True))
    else:
        same = np.array_equal(given, values, equal_nan=True)
    if not same:
        raise ValueError(f"expected values that float64 holds exactly, got {given.dtype} beyond it")
    return values


FP32 = FloatFormat(8, 23)
"""IEEE 754 single precision."""

FP16 = FloatFormat(5, 10)
"""IEEE 754 half precision."""

BF16 = FloatFormat(8, 7)
"""FP32 without its last 16 fraction bits."""
