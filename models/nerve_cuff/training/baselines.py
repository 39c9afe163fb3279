"""Baselines without a network: logistic regression and the most frequent class."""

from dataclasses import dataclass

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

__all__ = ["BASELINES", "Baseline", "predict_baseline"]

_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # inverse, of the regularisation


@dataclass(frozen=True)
class Baseline:
    """A classifier that networks are compared with.

    Parameters
    ----------
    name:
        ``logistic_regression`` on all samples of all contacts, or ``majority_class``.
    """

    name: str

    def __post_init__(self):
        if self.name not in ("logistic_regression", "majority_class"):
            raise ValueError(
                f"expected logistic_regression or majority_class, got {self.name!r}"
            )


BASELINES = (Baseline("logistic_regression"), Baseline("majority_class"))


def predict_baseline(
    baseline: Baseline,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    test: np.ndarray,
    *,
    classes: int,
) -> tuple[np.ndarray, int]:
    """Class of each of `test`, int64, (tests,), and the number of weights.

    The strength of the regularisation is that with the least loss on `validation`.

    Parameters
    ----------
    train, validation:
        Signatures, (signatures, channels, samples), and labels, (signatures,).
    """
    x, labels = _flat(train[0]), train[1]
    if baseline.name == "majority_class":
        return DummyClassifier(strategy="most_frequent").fit(x, labels).predict(_flat(test)), 0
    scale = x.std()
    fitted = [
        LogisticRegression(C=strength, max_iter=1000).fit(x / scale, labels)
        for strength in _STRENGTHS
    ]
    held_out = _flat(validation[0]) / scale
    best = min(
        fitted,
        key=lambda model: log_loss(
            validation[1], model.predict_proba(held_out), labels=np.arange(classes)
        ),
    )
    return best.predict(_flat(test) / scale), best.coef_.size + best.intercept_.size


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)
