"""What values vary by, without the rounding errors of values that do not."""

import numpy as np

__all__ = ["standard_deviation"]

_NOTHING = 1e-12
"""Part of the largest magnitude below which a difference is a rounding error."""


def standard_deviation(values: np.ndarray) -> np.ndarray:
    """Standard deviation of each column of ``values`` (samples, columns), exactly 0 of a constant.

    ``numpy.std`` gives about 1e-16 for a column of 0.1, since its mean is not quite 0.1.
    """
    still = np.ptp(values, axis=0) <= _NOTHING * np.abs(values).max(axis=0)
    return np.where(still, 0.0, values.std(axis=0))
