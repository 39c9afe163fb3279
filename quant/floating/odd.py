"""Rounding to odd: whole numbers of more bits than float64 has, on their way to a format."""

import numpy as np

__all__ = ["MOST_BITS", "to_odd"]

_EXACT = 53
"""Bits of integers that float64 holds."""

MOST_BITS = 62
"""Bits of the greatest size that is taken."""

_DROPPED = MOST_BITS - _EXACT


def to_odd(whole: np.ndarray, exponent: int) -> np.ndarray:
    """Float64 ``whole * 2**exponent`` of int64 below ``2**62`` in size.

    Of one of more than 53 bits the last bits are dropped, and the last one that stays is set if any
    of them was. Rounded to a format, which has a few bits less, that is what the whole one is.
    """
    size = np.abs(whole)
    odd = (size >> _DROPPED | ((size & ((1 << _DROPPED) - 1)) != 0)) << _DROPPED
    size = np.where(size >= 1 << _EXACT, odd, size)
    return np.ldexp(np.where(whole < 0, -size, size).astype(np.float64), exponent)
