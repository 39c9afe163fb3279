"""Baselines without a network: logistic regression, an SVM and the most frequent class."""

from dataclasses import dataclass

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.svm import SVC

__all__ = ["BASELINES", "Baseline", "Judged", "predict_baseline"]

_NAMES = ("logistic_regression", "svm_rbf", "majority_class")
_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # inverse, of the regularisation
_SVM_STRENGTHS = (1.0, 10.0)
_SVM_WIDTHS = (0.25, 1.0, 4.0)  # gamma, times one over the squared length of a signature

Part = tuple[np.ndarray, np.ndarray]  # signatures (signatures, channels, samples), and labels


@dataclass(frozen=True)
class Baseline:
    """A classifier that networks are compared with.

    Parameters
    ----------
    name:
        ``logistic_regression`` on all samples of all contacts; ``svm_rbf``: a support vector
        machine with a radial basis function on the same; or ``majority_class``.
    """

    name: str

    def __post_init__(self):
        if self.name not in _NAMES:
            raise ValueError(f"expected one of {', '.join(_NAMES)}, got {self.name!r}")


BASELINES = tuple(map(Baseline, _NAMES))


@dataclass(frozen=True)
class Judged:
    """What a baseline makes of a test part, and what it needs for it.

    Parameters
    ----------
    predicted:
        Class of each signature, int64, (tests,).
    integer:
        The same with weights of 8 bits, rounded as TFLite rounds a layer's: one scale for each
        class, or for all support vectors.
    weights:
        Numbers that are kept.
    macs:
        Multiplications and additions for a signature.
    """

    predicted: np.ndarray
    integer: np.ndarray
    weights: int
    macs: int


def predict_baseline(
    baseline: Baseline, train: Part, validation: Part, test: np.ndarray, *, classes: int
) -> Judged:
    """What a baseline that is fitted on `train` makes of `test`.

    The strength of the regularisation, and the width of the SVM's function, are those with the
    least loss on `validation`: the cross-entropy, or of the SVM, which gives no probabilities, the
    part that is wrong.

    Parameters
    ----------
    train, validation:
        Signatures, (signatures, channels, samples), and labels, (signatures,).
    """
    x, labels = _flat(train[0]), train[1]
    if baseline.name == "majority_class":
        dummy = DummyClassifier(strategy="most_frequent").fit(x, labels)
        predicted = dummy.predict(_flat(test))
        return Judged(predicted, predicted, 0, 0)
    scale = x.std()
    parts = x / scale, labels, _flat(validation[0]) / scale, validation[1], _flat(test) / scale
    if baseline.name == "svm_rbf":
        return _svm(*parts, classes=classes)
    return _logistic_regression(*parts, classes=classes)


def _logistic_regression(
    x: np.ndarray,
    labels: np.ndarray,
    held_out: np.ndarray,
    held_out_labels: np.ndarray,
    test: np.ndarray,
    *,
    classes: int,
) -> Judged:
    fitted = [
        LogisticRegression(C=strength, max_iter=1000).fit(x, labels) for strength in _STRENGTHS
    ]
    best = min(
        fitted,
        key=lambda model: log_loss(
            held_out_labels, model.predict_proba(held_out), labels=np.arange(classes)
        ),
    )
    predicted = best.predict(test)
    size = best.coef_.size
    best.coef_ = _rounded(best.coef_, axis=1)
    return Judged(predicted, best.predict(test), size + best.intercept_.size, size)


def _svm(
    x: np.ndarray,
    labels: np.ndarray,
    held_out: np.ndarray,
    held_out_labels: np.ndarray,
    test: np.ndarray,
    *,
    classes: int,
) -> Judged:
    squares, held_out_squares = _squares(x, x), _squares(held_out, x)
    best, least = None, np.inf
    for width in _SVM_WIDTHS:
        gamma = width / x.shape[1]
        near, held_out_near = np.exp(-gamma * squares), np.exp(-gamma * held_out_squares)
        for strength in _SVM_STRENGTHS:
            model = SVC(kernel="precomputed", C=strength).fit(near, labels)
            wrong = np.mean(model.predict(held_out_near) != held_out_labels)
            if wrong < least:
                best, least = (model, gamma), wrong
    model, gamma = best
    predicted = model.predict(np.exp(-gamma * _squares(test, x)))
    kept = x[model.support_]
    # Only the support vectors are looked at, so the others' columns are of no account.
    near = np.zeros((len(test), len(x)))
    near[:, model.support_] = np.exp(-gamma * _squares(test, _rounded(kept, axis=None)))
    integer = model.predict(near)
    products = model.dual_coef_.size
    return Judged(
        predicted,
        integer,
        kept.size + products + model.intercept_.size,
        kept.size + products,
    )


def _squares(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Squared distance of each of `one` from each of `other`, float64."""
    return euclidean_distances(one, other, squared=True).astype(np.float64)


def _rounded(weights: np.ndarray, axis: int | None) -> np.ndarray:
    """`weights` rounded to -127 to 127 steps of the largest along `axis`, or of all."""
    step = np.abs(weights).max(axis=axis, keepdims=True) / 127
    return np.rint(weights / np.where(step > 0, step, 1)) * step


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)
