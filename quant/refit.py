"""Weights of a dense layer for the values that it gets in integers."""

import numpy as np

__all__ = ["refitted"]

_DAMPING = 0.05
"""Variance that is added to every input, in units of the mean variance, for variations that the
samples do not show."""


def refitted(
    weights: np.ndarray, bias: np.ndarray, x: np.ndarray, taken: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (terms, sums) and biases (sums,) whose sums on ``taken`` are nearest to the sums that
    ``weights`` and ``bias`` have on ``x``, in the mean square over the samples.

    Values of a layer before are coarse, and some saturate: a constant of it goes into the bias, and
    a factor into the weights. These stay as they are where nothing is gained.

    Parameters
    ----------
    x, taken
        Real inputs (samples, terms): in floats, and as they are in integers.
    """
    mean = taken.mean(axis=0)
    centred = taken - mean
    sums = x @ weights + bias
    covariance = centred.T @ centred
    covariance[np.diag_indices_from(covariance)] += _DAMPING * np.diag(covariance).mean() or 1.0
    left = sums - sums.mean(axis=0) - centred @ weights
    weights = weights + np.linalg.solve(covariance, centred.T @ left)
    return weights, sums.mean(axis=0) - mean @ weights
