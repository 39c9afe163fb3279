"""A linear read-out of any values, by ridge regression."""

import numpy as np

from build_decoder.models.layers.dense import Dense

__all__ = ["READOUT", "r2", "ridge"]

READOUT = Dense(2, "linear")
"""Of both velocities."""


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> dict[str, np.ndarray]:
    """Weights and bias of :data:`READOUT`.

    Parameters
    ----------
    x, y
        Values (samples, values) and what is to be read out of them (samples, outputs).
    penalty
        Of the squares of weights, in the mean variance of the values.
    """
    mean, middle = x.mean(axis=0), y.mean(axis=0)
    centred = x - mean
    square = centred.T @ centred
    square[np.diag_indices_from(square)] += penalty * np.trace(square) / len(square)
    weights = np.linalg.solve(square, centred.T @ (y - middle))
    return {"weights": weights, "bias": middle - mean @ weights}


def r2(y: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Coefficient of determination of each output, of values (samples, outputs)."""
    missed = np.square(y - truth).sum(axis=0)
    return 1 - missed / np.square(truth - truth.mean(axis=0)).sum(axis=0)
