"""Layers that come to a factor and a term for each channel."""

import math
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import (
    Arrays,
    Reading,
    axes_of,
    flag,
    numbers,
    only_input,
)
from build_decoder.models.layer import Shape
from build_decoder.models.layers.affine import Affine

__all__ = ["READERS"]


def _batch_normalisation(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    shape = only_input(layer, shapes)
    _last_axis(layer, len(shape))
    arrays = 2 + flag(layer, "center") + flag(layer, "scale")
    epsilon = layer.setting("epsilon")
    if not _is_number(epsilon):
        raise layer.error("a number epsilon", shown(epsilon))
    return Reading(Affine(), shape, stored=arrays * shape[-1], arrays=_batch_arrays)


def _batch_arrays(keras: ModuleType, layer: Any) -> Arrays:
    scale = 1 / np.sqrt(numbers(keras, layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale *= numbers(keras, layer.gamma)
    shift = -numbers(keras, layer.moving_mean) * scale
    if layer.center:
        shift += numbers(keras, layer.beta)
    return {"scale": scale, "shift": shift}


def _normalisation(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    shape = only_input(layer, shapes)
    flag(layer, "invert")
    channels = 1
    if layer.setting("axis") not in (None, []):
        _last_axis(layer, len(shape))
        channels = shape[-1]
    stored = 0
    for key in ("mean", "variance"):
        if layer.setting(key) is None:
            stored += channels
        else:
            _per_channel(layer, key, channels)
    return Reading(Affine(), shape, stored=stored, arrays=partial(_normal_arrays, shape[-1]))


def _normal_arrays(channels: int, keras: ModuleType, layer: Any) -> Arrays:
    mean, variance = (
        np.broadcast_to(numbers(keras, array).reshape(-1), channels)
        for array in (layer.mean, layer.variance)
    )
    deviation = np.maximum(np.sqrt(variance), keras.config.epsilon())
    if layer.invert:
        return {"scale": deviation, "shift": mean}
    return {"scale": 1 / deviation, "shift": -mean / deviation}


def _rescaling(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    shape = only_input(layer, shapes)
    scale, shift = (
        np.broadcast_to(_per_channel(layer, key, shape[-1]), shape[-1:])
        for key in ("scale", "offset")
    )
    return Reading(Affine(), shape, arrays=lambda keras, loaded: {"scale": scale, "shift": shift})


def _channel_affine(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    shape = only_input(layer, shapes)
    return Reading(Affine(), shape, stored=2 * shape[-1], arrays=_affine_arrays)


def _affine_arrays(keras: ModuleType, layer: Any) -> Arrays:
    return {"scale": numbers(keras, layer.scale), "shift": numbers(keras, layer.shift)}


def _last_axis(layer: LayerConfig, axes: int) -> None:
    axis = layer.setting("axis")
    if axes_of(layer, axis, axes) != [axes - 1]:
        raise layer.error("axis=-1, the last one", f"axis={shown(axis)}")


def _per_channel(layer: LayerConfig, key: str, channels: int) -> np.ndarray:
    """The setting `key`: a number, or a list of one for each channel."""
    value = layer.setting(key)
    match value:
        case {"class_name": "__numpy__", "config": {"value": array}}:
            value = array
    listed = value if isinstance(value, list) else [value]
    if not all(map(_is_number, listed)) or len(listed) not in (1, channels):
        wanted = f"{key} of finite numbers, one or {channels}"
        raise layer.error(wanted, shown(value))
    return np.array(listed, dtype=np.float64)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 2**53


READERS = {
    "BatchNormalization": _batch_normalisation,
    "Normalization": _normalisation,
    "Rescaling": _rescaling,
    "build_decoder>ChannelAffine": _channel_affine,
}
