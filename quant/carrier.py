"""Number types that carry raw integers through the integer model.

Matrices of floating-point numbers are multiplied many times faster than those of integers, and
the narrower type twice as fast as the wider one. Integers of few enough bits are exact in either.
"""

import numpy as np

__all__ = ["CARRIED_BITS", "carried", "carrier"]

_FLOAT32_BITS = 23
CARRIED_BITS = 52
"""Widest integers, in bits of two's complement, that are carried exactly, and so is a half step of
theirs: more than :data:`quant.qformat.MAX_WIDTH`."""


def carrier(width: int) -> type[np.floating]:
    """The narrowest type that is exact for integers of ``width`` bits and halves of them."""
    return np.float32 if width <= _FLOAT32_BITS else np.float64


def carried(raw: np.ndarray, kind: type[np.floating]) -> np.ndarray:
    """``raw`` in the type ``kind``; itself if it has that type already."""
    return raw if raw.dtype == kind else raw.astype(kind)
