"""The simplest classifier of signatures: how hard a recording is to tell apart."""

import numpy as np

from build_decoder.models.nerve_cuff.folds import deal_folds

__all__ = ["cross_validated_f1", "macro_f1", "nearest_mean"]


def cross_validated_f1(
    spatial: np.ndarray, labels: np.ndarray, *, classes: int, folds: int = 3, seed: int
) -> np.ndarray:
    """Macro F1 of `nearest_mean` on each part of a cross-validation (Section 2.1), (folds,).

    Parameters
    ----------
    spatial:
        Signatures, (signatures, channels, samples).
    labels:
        Their classes, (signatures,), at least `folds` of each.
    """
    part = deal_folds(labels, classes=classes, folds=folds, seed=seed)
    scores = []
    for fold in range(folds):
        test = part == fold
        predicted = nearest_mean(spatial[~test], labels[~test], spatial[test], classes=classes)
        scores.append(macro_f1(labels[test], predicted, classes=classes))
    return np.array(scores)


def nearest_mean(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, *, classes: int
) -> np.ndarray:
    """Class whose mean of `train` is nearest to each of `test`, int64, (tests,)."""
    flat = test.reshape(len(test), -1)
    means = np.stack([train[labels == label].mean(axis=0).ravel() for label in range(classes)])
    distances = np.square(means).sum(axis=1) - 2 * flat @ means.T
    return distances.argmin(axis=1)


def macro_f1(labels: np.ndarray, predicted: np.ndarray, *, classes: int) -> float:
    """Mean of the classes' F1 scores (Section 2.2)."""
    scores = []
    for label in range(classes):
        hit = np.count_nonzero((labels == label) & (predicted == label))
        named = np.count_nonzero(labels == label) + np.count_nonzero(predicted == label)
        scores.append(2 * hit / named if named else 0.0)
    return float(np.mean(scores))
