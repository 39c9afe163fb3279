"""What estimators are taken, and their attributes."""

from typing import Any

import numpy as np

from build_decoder.models.errors import InputError

__all__ = ["error", "kind_of", "numbers"]


def kind_of(estimator: Any) -> str:
    """Name of the class, if it is scikit-learn's own: others may compute something else."""
    kind = type(estimator)
    return kind.__name__ if kind.__module__.split(".")[0] == "sklearn" else ""


def error(estimator: Any, expected: str, got: str) -> InputError:
    """An `InputError` about an estimator."""
    return InputError.at(type(estimator).__name__, "", expected=expected, got=got)


def numbers(estimator: Any, key: str) -> np.ndarray:
    """An attribute that fitting sets, float64."""
    value = getattr(estimator, key, None)
    if value is None:
        raise error(estimator, "a fitted estimator", f"one without {key}")
    if hasattr(value, "toarray"):
        value = value.toarray()
    return np.asarray(value, dtype=np.float64)
