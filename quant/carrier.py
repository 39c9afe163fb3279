"""Number types that carry raw integers through the integer model.

Matrices of floating-point numbers are multiplied many times faster than those of integers, and
the narrower type twice as fast as the wider one. Integers of few enough bits are exact in either.
"""

import numpy as np

__all__ = ["carried", "carrier"]

_FLOAT32_BITS = 23
"""Widest integers, in bits of two's complement, of which float32 holds halves exactly. Of float64
these are 52, more than :data:`quant.qformat.MAX_WIDTH`."""


def carrier(width: int) -> type[np.floating]:
    """The narrowest type that is exact for integers of ``width`` bits and halves of them."""
    return np.float32 if width <= _FLOAT32_BITS else np.float64


def carried(raw: np.ndarray, kind: type[np.floating]) -> np.ndarray:
    """``raw`` in the type ``kind``; itself if it has that type already."""
    return raw if raw.dtype == kind else raw.astype(kind)
