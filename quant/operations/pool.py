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
        down, across = self.size
        if x.shape[1] % down or x.shape[2] % across:
            x = pad_same(x, self.size, self.size, -np.inf)
        # One place of all windows after the other, which is many times faster than a maximum over
        # axes; rows first, since what neighbours in memory is then the longest.
        rows = _largest([x[:, place::down] for place in range(down)])
        return _largest([rows[:, :, place::across] for place in range(across)])


def _largest(places: list[np.ndarray]) -> np.ndarray:
    """Of arrays of one shape, value by value."""
    first, *others = places
    if not others:
        return first
    largest = np.maximum(first, others[0])
    for other in others[1:]:
        np.maximum(largest, other, out=largest)
    return largest
