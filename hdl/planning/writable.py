"""Memories of weights that are written at run time, in two banks."""

from dataclasses import dataclass

import numpy as np

__all__ = ["WORD_BITS", "Writable", "bits_of", "values_of"]

WORD_BITS = 32
"""Bits of a word in which rows are written."""


@dataclass(frozen=True)
class Writable:
    """A memory of a stage whose rows are written at run time.

    Parameters
    ----------
    role
        What it holds, such as ``weight``.
    rows
        Rows of one bank.
    width
        Bits of a row.
    keeps
        In words, what a row is made of and what the hardware behind it relies on: order, formats
        and bounds of sums. Of two memories that are equal in all of this, each takes the other's
        rows.
    """

    role: str
    rows: int
    width: int
    keeps: str = ""

    @property
    def row_words(self) -> int:
        """Words of a row; what the last one has to spare is zero."""
        return -(-self.width // WORD_BITS)

    @property
    def words(self) -> int:
        """Words of a bank."""
        return self.rows * self.row_words


def bits_of(values: np.ndarray, width: int) -> np.ndarray:
    """Rows of raw int64 ``values`` (rows, n) as bits, bool (rows, n * width), two's complement, the
    lowest bit of the first value first."""
    bits = values[:, :, None] >> np.arange(width) & 1
    return bits.astype(bool).reshape(len(values), -1)


def values_of(bits: np.ndarray, width: int, signed: bool) -> np.ndarray:
    """Raw int64 values (rows, n) of what :func:`bits_of` made of them."""
    parts = bits.reshape(len(bits), -1, width).astype(np.int64)
    values = (parts << np.arange(width)).sum(axis=2)
    return values - (parts[:, :, -1] << width) if signed else values
