"""Largest value of each window, of floating-point codes."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.operations.pool import Pool

__all__ = ["FloatPool"]


@dataclass(frozen=True)
class FloatPool:
    """The pool of codes, of which the one of the greatest rank is kept: see
    :meth:`quant.floating.float_format.FloatFormat.ranks`.

    Parameters
    ----------
    format
        Of the codes.
    pool
        Windows.
    """

    format: FloatFormat
    pool: Pool

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Int64 codes (samples, rows, columns, channels) of codes."""
        return self.format.of_ranks(self.pool.compute(self.format.ranks(x)).astype(np.int64))
