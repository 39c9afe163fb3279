"""How much values vary: one answer, which rounding of a sum does not change."""

import numpy as np

__all__ = ["standard_deviation", "varies"]

_NOTHING = 1e-12
"""Range, in parts of the greatest magnitude, below which values are equal but for rounding."""


def varies(values: np.ndarray) -> np.ndarray:
    """Whether each column (columns,) of ``values`` (samples, columns) varies, bool."""
    greatest = np.abs(values).max(axis=0)
    return np.ptp(values, axis=0) > _NOTHING * greatest


def standard_deviation(values: np.ndarray) -> np.ndarray:
    """Standard deviation (columns,) of ``values`` (samples, columns).

    It is exactly 0 for a column that does not vary, where `numpy.std` may give 5e-16.
    """
    return np.where(varies(values), values.std(axis=0), 0.0)
