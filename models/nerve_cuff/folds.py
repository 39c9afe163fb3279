"""Deals signatures to the parts of a cross-validation."""

import numpy as np

__all__ = ["deal_folds"]


def deal_folds(labels: np.ndarray, *, classes: int, folds: int, seed: int) -> np.ndarray:
    """Number of the part that each signature is tested in, int64, (signatures,).

    Each class is spread evenly over the parts, at random (Section 2.1).

    Raises
    ------
    ValueError
        A class has fewer signatures than there are parts.
    """
    smallest = np.bincount(labels, minlength=classes).min()
    if smallest < folds:
        raise ValueError(f"expected {folds} signatures of each class, got {smallest}")
    rng = np.random.default_rng(seed)
    part = np.empty(len(labels), np.int64)
    for label in range(classes):
        members = rng.permutation(np.flatnonzero(labels == label))
        part[members] = np.arange(len(members)) % folds
    return part
