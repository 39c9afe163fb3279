"""Number format: what everything that carries, shows or compares values asks of their format."""

from typing import Protocol

import numpy as np

__all__ = ["NumberFormat"]


class NumberFormat(Protocol):
    """Format of the values of one signal: fixed point (:class:`quant.qformat.QFormat`) or floating
    point (:class:`quant.floating.float_format.FloatFormat`).

    A raw value is an int64 of ``width`` bits, two's complement where ``signed``. What is between
    two layers, and outside of a decoder, knows no more of a format than this.

    Attributes
    ----------
    width : int
        Stored bits.
    signed : bool
        Whether raw values are two's complement.
    min_raw, max_raw : int
        Least and greatest raw value.
    """

    width: int
    signed: bool
    min_raw: int
    max_raw: int

    def quantise(self, values) -> np.ndarray:
        """Raw int64 of real ``values`` (any shape), to the nearest and limited to the format."""

    def to_real(self, raw) -> np.ndarray:
        """Real float64 values of ``raw`` (any shape)."""

    def outside(self, values) -> np.ndarray:
        """Where real ``values`` (any shape) lie beyond what the format holds; booleans."""

    def order(self, raw) -> np.ndarray:
        """Integers that compare as the values of ``raw`` (any shape) do."""

    @property
    def ends(self) -> tuple[float, float]:
        """Least and greatest number."""
