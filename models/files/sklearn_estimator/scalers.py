"""Scalers of a pipeline: a factor and a term for each input."""

from collections.abc import Callable
from typing import Any

import numpy as np

from build_decoder.models.files.sklearn_estimator.checks import error, kind_of, numbers
from build_decoder.models.files.sklearn_estimator.estimators import Part
from build_decoder.models.layers.affine import Affine

__all__ = ["read_scaler"]


def read_scaler(scaler: Any, number: int) -> Part:
    """A scaler of a pipeline as a factor and a term for each input."""
    kind = kind_of(scaler)
    if kind not in _SCALERS:
        known = ", ".join(sorted(_SCALERS))
        raise error(scaler, f"steps {known} before the last one", "another one")
    if getattr(scaler, "clip", False):
        raise error(scaler, "clip=False", "clip=True")
    count = scaler.n_features_in_ if hasattr(scaler, "n_features_in_") else None
    if count is None:
        raise error(scaler, "a fitted estimator", "one that is not")
    scale, shift = _SCALERS[kind](scaler)
    arrays = {"scale": np.broadcast_to(scale, count), "shift": np.broadcast_to(shift, count)}
    return f"scaler{number}", Affine(), arrays


def _centred(centre: str, with_centre: str, with_scale: str) -> Callable[[Any], tuple[Any, Any]]:
    def read(scaler: Any) -> tuple[Any, Any]:
        scale = 1 / numbers(scaler, "scale_") if getattr(scaler, with_scale) else np.ones(1)
        middle = numbers(scaler, centre) if getattr(scaler, with_centre) else np.zeros(1)
        return scale, -middle * scale

    return read


_SCALERS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "MaxAbsScaler": lambda scaler: (1 / numbers(scaler, "scale_"), np.zeros(1)),
    "MinMaxScaler": lambda scaler: (numbers(scaler, "scale_"), numbers(scaler, "min_")),
    "RobustScaler": _centred("center_", "with_centering", "with_scaling"),
    "StandardScaler": _centred("mean_", "with_mean", "with_std"),
}
