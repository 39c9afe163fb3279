"""Largest value of each window."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.windows import pad_same

__all__ = ["Pool"]


@dataclass(frozen=True)
class Pool:
    """``max`` over windows of ``size`` (rows, columns) that lie side by side; where they do not
    fit, some are cut off, and what would be outside never is the largest.

    Raw values are compared as they are: a format's order is that of its integers.
    """

    size: tuple[int, int]

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw (samples, rows, columns, channels) of raw ones of the same format."""
        # No integer is as low, and the type of carried integers has this.
        x = x if x.dtype.kind == "f" else x.astype(np.float64)
        x = pad_same(x, self.size, self.size, -np.inf)
        samples, rows, columns, channels = x.shape
        down, across = self.size
        windows = x.reshape(samples, rows // down, down, columns // across, across, channels)
        # Two passes over neighbours are many times faster than one over both axes.
        return windows.max(axis=4).max(axis=2)
