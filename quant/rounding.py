"""The named ways of rounding when fraction bits are dropped; high bits always saturate."""

import enum

import numpy as np

__all__ = ["Rounding"]


class Rounding(enum.Enum):
    """Ways of rounding when fraction bits are dropped."""

    FLOOR = "floor"
    """Towards minus infinity: in hardware, wires."""

    HALF_UP = "half_up"
    """To the nearest, ties towards plus infinity: in hardware, one constant added before."""

    HALF_EVEN = "half_even"
    """To the nearest, ties to the even one, as NumPy and most training tools round: in hardware, a
    constant and the lowest bit that is kept, added before."""

    def shift(self, raw: np.ndarray, bits: int) -> np.ndarray:
        """``raw * 2**-bits`` in integers; a negative ``bits`` appends zero bits, exactly.

        Integers may be carried by a type of numbers that holds them and their halves exactly.
        """
        if raw.dtype.kind == "f":
            shifted = raw * 2.0**-bits
            if self is Rounding.HALF_EVEN and bits > 0:
                return np.rint(shifted, out=shifted)
            if self is Rounding.HALF_UP and bits > 0:
                shifted += 0.5
            return np.floor(shifted, out=shifted) if bits > 0 else shifted
        if bits <= 0:
            return raw << -bits
        if self is Rounding.HALF_UP:
            raw = raw + (1 << (bits - 1))
        elif self is Rounding.HALF_EVEN:
            raw = raw + ((1 << (bits - 1)) - 1) + ((raw >> bits) & 1)
        return raw >> bits
