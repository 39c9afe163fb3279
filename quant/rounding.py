"""The named ways of narrowing a raw value: rounding of low bits, overflow of high bits."""

import enum

import numpy as np

__all__ = ["Overflow", "Rounding", "fit_range"]


class Rounding(enum.Enum):
    """What happens to fraction bits that are dropped."""

    FLOOR = "floor"
    """Towards minus infinity: in hardware, wires."""

    HALF_UP = "half_up"
    """To the nearest, ties towards plus infinity: in hardware, one constant added before."""

    def shift(self, raw: np.ndarray, bits: int) -> np.ndarray:
        """``raw * 2**-bits`` in integers; a negative ``bits`` appends zero bits, exactly."""
        if bits <= 0:
            return raw << -bits
        if self is Rounding.HALF_UP:
            raw = raw + (1 << (bits - 1))
        return raw >> bits


class Overflow(enum.Enum):
    """What happens to a value that the target cannot hold."""

    SATURATE = "saturate"
    """The nearest value that the target holds."""

    WRAP = "wrap"
    """High bits dropped, as two's complement does."""


def fit_range(raw: np.ndarray, low: int, high: int, overflow: Overflow) -> np.ndarray:
    """``raw`` brought into ``low`` to ``high``, a range of ``2**n`` integers when wrapping."""
    if overflow is Overflow.SATURATE:
        return np.clip(raw, low, high)
    return (raw - low) % (high - low + 1) + low
