"""Estimators as layers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.sklearn_estimator.checks import error, kind_of, numbers
from build_decoder.models.layer import Layer
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.task import Kind

__all__ = ["Part", "ReadEstimator", "output_count", "read_estimator"]

_ACTIVATIONS = {
    "identity": "linear", "logistic": "sigmoid", "relu": "relu", "tanh": "tanh", "exp": "exp",
}

Part = tuple[str, Layer, Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class ReadEstimator:
    """Layers of an estimator, and what of it they give.

    Parameters
    ----------
    parts:
        The layers, the first one first.
    kind, threshold:
        The task, and from which output on it says yes.
    outputs:
        ``outputs(estimator, x)``: what the last layer must give, (samples, outputs).
    """

    parts: list[Part]
    kind: Kind
    outputs: Callable[[Any, np.ndarray], np.ndarray]
    threshold: float | None = None


def read_estimator(estimator: Any) -> ReadEstimator:
    """The layers of a fitted estimator; `InputError` where they are not read."""
    reader = _READERS.get(kind_of(estimator))
    if reader is None:
        known = ", ".join(sorted(_READERS))
        raise error(estimator, f"one of scikit-learn's own {known}", "another estimator")
    return reader(estimator)


def _dense(number: int, weights: np.ndarray, bias: np.ndarray, activation: str) -> Part:
    units = weights.shape[1]
    arrays = {"weights": weights, "bias": np.broadcast_to(bias, units)}
    return f"layer{number}", Dense(units, activation), arrays


def _linear(estimator: Any, activation: str = "linear") -> Part:
    weights = np.atleast_2d(numbers(estimator, "coef_")).T
    return _dense(1, weights, np.atleast_1d(numbers(estimator, "intercept_")), activation)


def _columns(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=np.float64).reshape(len(values), -1)


def _probabilities(estimator: Any, x: np.ndarray) -> np.ndarray:
    return estimator.predict_proba(x)


def _second(estimator: Any, x: np.ndarray) -> np.ndarray:
    return estimator.predict_proba(x)[:, 1:]


def _scores(estimator: Any, x: np.ndarray) -> np.ndarray:
    return _columns(estimator.decision_function(x))


def _values(estimator: Any, x: np.ndarray) -> np.ndarray:
    return _columns(estimator.predict(x))


def _multilayer(estimator: Any, last: str) -> list[Part]:
    if not hasattr(estimator, "coefs_"):
        raise error(estimator, "a fitted estimator", "one without coefs_")
    hidden = _activation(estimator, estimator.activation)
    count = len(estimator.coefs_)
    return [
        _dense(
            number,
            np.asarray(weights, dtype=np.float64),
            np.asarray(bias, dtype=np.float64),
            hidden if number < count else last,
        )
        for number, (weights, bias) in enumerate(
            zip(estimator.coefs_, estimator.intercepts_, strict=True), 1
        )
    ]


def _activation(estimator: Any, name: str) -> str:
    if name not in _ACTIVATIONS:
        raise error(estimator, f"an activation of {', '.join(_ACTIVATIONS)}", shown(name))
    return _ACTIVATIONS[name]


def _mlp_classifier(estimator: Any) -> ReadEstimator:
    if not hasattr(estimator, "out_activation_"):
        raise error(estimator, "a fitted estimator", "one without out_activation_")
    if estimator.out_activation_ == "softmax":
        parts = [*_multilayer(estimator, "linear"), ("softmax", Softmax(), {})]
        return ReadEstimator(parts, Kind.CLASSES, _probabilities)
    parts = _multilayer(estimator, _activation(estimator, estimator.out_activation_))
    if output_count(parts) == 1:
        return ReadEstimator(parts, Kind.BINARY, _second, 0.5)
    return ReadEstimator(parts, Kind.LABELS, _probabilities, 0.5)


def _mlp_regressor(estimator: Any) -> ReadEstimator:
    last = _activation(estimator, getattr(estimator, "out_activation_", ""))
    return ReadEstimator(_multilayer(estimator, last), Kind.REGRESSION, _values)


def _logistic_regression(estimator: Any) -> ReadEstimator:
    if len(np.atleast_2d(numbers(estimator, "coef_"))) == 1:
        return ReadEstimator([_linear(estimator, "sigmoid")], Kind.BINARY, _second, 0.5)
    one_by_one = getattr(estimator, "multi_class", None) == "ovr"
    if one_by_one or estimator.solver == "liblinear":  # probabilities are no softmax then
        return ReadEstimator([_linear(estimator)], Kind.CLASSES, _scores)
    parts = [_linear(estimator), ("softmax", Softmax(), {})]
    return ReadEstimator(parts, Kind.CLASSES, _probabilities)


def _regression(estimator: Any) -> ReadEstimator:
    return ReadEstimator([_linear(estimator)], Kind.REGRESSION, _values)


def _linear_classifier(estimator: Any) -> ReadEstimator:
    part = _linear(estimator)
    if output_count([part]) == 1:
        return ReadEstimator([part], Kind.BINARY, _scores, 0.0)
    return ReadEstimator([part], Kind.CLASSES, _scores)


def _support_vectors(estimator: Any) -> ReadEstimator:
    if estimator.kernel != "linear":
        raise error(estimator, "kernel='linear'", f"kernel={shown(estimator.kernel)}")
    if len(getattr(estimator, "classes_", ())) != 2:
        expected = "two classes (LinearSVC has a score for each of more)"
        raise error(estimator, expected, "more, or an estimator that is not fitted")
    return _linear_classifier(estimator)


def output_count(parts: list[Part]) -> int:
    """Outputs of the last dense layer."""
    return next(layer.units for _, layer, _ in reversed(parts) if isinstance(layer, Dense))


_READERS: dict[str, Callable[[Any], ReadEstimator]] = {
    "ElasticNet": _regression,
    "Lasso": _regression,
    "LinearDiscriminantAnalysis": _linear_classifier,
    "LinearRegression": _regression,
    "LinearSVC": _linear_classifier,
    "LogisticRegression": _logistic_regression,
    "MLPClassifier": _mlp_classifier,
    "MLPRegressor": _mlp_regressor,
    "Ridge": _regression,
    "SVC": _support_vectors,
}
