"""Reads from a layer's configuration what the layer computes.

Whatever changes the result is either what is built here, exactly, or an error that names the layer,
the setting and what to do.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from build_decoder.models import activations
from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.limits import MAX_WEIGHTS, MAX_WIDTH

__all__ = [
    "SOFTMAX",
    "check_dtype",
    "check_inner",
    "check_plain",
    "dense_units",
    "flatten_order",
    "input_shape",
    "layer_activation",
    "named_activation",
]

SOFTMAX = "softmax"
"""Not one of `models.activations`: at the end of a network it decides nothing."""

_DTYPES = ("float32", "float64")


def check_dtype(layer: LayerConfig) -> None:
    """Raise `InputError` unless `layer` computes in float32 or float64.

    What is narrower rounds by rules that no fixed-point format repeats.
    """
    policy = layer.setting("dtype")
    settings = policy.get("config") if isinstance(policy, dict) else {"name": policy}
    if not isinstance(settings, dict):
        settings = {}
    if "mode" in settings:
        raise layer.error(
            "float32 or float64",
            f"weights quantised to {shown(settings['mode'])}: save the model before quantize()",
        )
    if settings.get("name") not in _DTYPES:
        raise layer.error(
            "float32 or float64",
            f"{shown(settings.get('name'))}: make the model with dtype='float32' and give it these"
            " weights",
        )


def input_shape(layer: LayerConfig, most: int = MAX_WIDTH) -> tuple[int, ...]:
    """Sizes of a sample of at most `most` values, from the InputLayer."""
    shape = layer.setting("batch_shape")
    sizes = tuple(shape[1:]) if isinstance(shape, list) else ()
    if not sizes or not all(type(size) is int and size > 0 for size in sizes):
        raise layer.error("a fixed size of each sample", f"shape {shown(shape)}")
    if math.prod(sizes) > most:
        raise layer.error(f"1 to {most} values a sample", f"shape {shown(shape)}")
    return sizes


def check_inner(layer: LayerConfig, shape: tuple[int, ...]) -> None:
    """Raise `InputError` unless the InputLayer of a model inside another one expects `shape`."""
    declared = layer.setting("batch_shape")
    if not isinstance(declared, list) or declared[1:] != list(shape):
        raise layer.error(f"samples of shape {shape}, as it is given", f"shape {shown(declared)}")


def flatten_order(layer: LayerConfig, shape: tuple[int, ...]) -> np.ndarray:
    """For each value that a Flatten gives, its place among the inputs in their own order."""
    order = np.arange(math.prod(shape)).reshape(shape)
    data_format = layer.setting("data_format")
    if data_format == "channels_first":
        return np.moveaxis(order, 0, -1).reshape(-1)
    if data_format == "channels_last":
        return order.reshape(-1)
    raise layer.error("data_format channels_last or channels_first", shown(data_format))


def dense_units(layer: LayerConfig, input_count: int, most: int = MAX_WEIGHTS) -> int:
    """Outputs of a Dense layer of at most `most` weights.

    All of its settings but the activation are checked.
    """
    units = layer.setting("units")
    if type(units) is not int or not 1 <= units <= MAX_WIDTH:
        raise layer.error(f"1 to {MAX_WIDTH} units", shown(units))
    if units * input_count > most:
        raise layer.error(f"at most {most} weights", f"{input_count} inputs x {units} units")
    check_plain(layer)
    return units


def check_plain(layer: LayerConfig) -> None:
    """Raise `InputError` unless a layer's weights are a kernel and perhaps a bias."""
    if not isinstance(layer.setting("use_bias"), bool):
        raise layer.error("use_bias true or false", shown(layer.settings["use_bias"]))
    for key in ("lora_rank", "quantization_config"):
        if layer.settings.get(key) is not None:
            raise layer.error(
                f"a plain {layer.kind} layer, without {key}",
                f"{key}={shown(layer.settings[key])}: give its kernel and bias to a plain one",
            )


def named_activation(layer: LayerConfig, units: int, axes: int = 1) -> str:
    """Activation that the setting ``activation`` of a layer names.

    Its name among `models.activations`, or `SOFTMAX`.

    Parameters
    ----------
    units:
        Size of the last axis of what it is applied to.
    axes:
        Axes of a sample of that.
    """
    match layer.setting("activation"):
        case None:
            return "linear"
        case "softmax":
            return _softmax(layer, -1, units, axes)
        case str() as called:
            if called == "relu6":
                return activations.of_parameter("relu", 6.0)
            for name in activations.names():
                if activations.get(name).keras == called:
                    return name
            raise _unknown(layer, called)
        case {"module": "keras.layers", "class_name": str() as kind, "config": dict() as settings}:
            inner = LayerConfig(layer.path, layer.name, kind, settings)
            check_dtype(inner)
            return layer_activation(inner, units, axes)
        case {"class_name": "function", "config": str() as called}:
            raise _unknown(layer, f"the function {called}")
        case {"class_name": str() as called}:
            raise _unknown(layer, called)
        case _:
            raise _unknown(layer, "a lambda or something else without a name")


def layer_activation(layer: LayerConfig, units: int, axes: int = 1) -> str:
    """As `named_activation`, of a layer that is an activation function and nothing else."""
    if layer.kind == "Activation":
        return named_activation(layer, units, axes)
    if layer.kind == "Softmax":
        return _softmax(layer, layer.setting("axis"), units, axes)
    if layer.kind not in _RECTIFIERS:
        raise _unknown(layer, layer.kind)
    keys, reader = _RECTIFIERS[layer.kind]
    settings = {key: layer.setting(key) for key in keys}
    name = reader(**settings)
    if name is None:
        raise layer.error(f"settings of one of {activations.choices()}", _listed(settings))
    return name


def _relu(max_value: Any, negative_slope: Any, threshold: Any) -> str | None:
    if not _is_zero(threshold):
        return None
    if _is_zero(negative_slope):
        return "relu" if max_value is None else _member("relu", max_value)
    return _member("leaky_relu", negative_slope) if max_value is None else None


def _leaky_relu(negative_slope: Any) -> str | None:
    return "relu" if _is_zero(negative_slope) else _member("leaky_relu", negative_slope)


def _elu(alpha: Any) -> str | None:
    return _member("elu", alpha)


# Layers that are activation functions, their settings, and what makes a name among ours of those.
_RECTIFIERS: dict[str, tuple[tuple[str, ...], Callable[..., str | None]]] = {
    "ReLU": (("max_value", "negative_slope", "threshold"), _relu),
    "LeakyReLU": (("negative_slope",), _leaky_relu),
    "ELU": (("alpha",), _elu),
}


def _member(family: str, value: Any) -> str | None:
    """Name of the function of `family` that has the parameter `value`; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return activations.of_parameter(family, value)
    except KeyError:
        return None


def _is_zero(value: Any) -> bool:
    return value == 0 and not isinstance(value, bool)


def _softmax(layer: LayerConfig, axis: Any, units: int, axes: int) -> str:
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    if axis not in (-1, axes) or isinstance(axis, bool):
        raise layer.error("softmax over the outputs, axis=-1", f"axis={shown(axis)}")
    if units == 1:
        raise layer.error(
            "softmax of at least 2 units",
            "1, of which it is always 1: train with sigmoid, or with a unit for each class",
        )
    return SOFTMAX


def _listed(settings: dict[str, Any]) -> str:
    return ", ".join(f"{key}={shown(value)}" for key, value in settings.items())


def _unknown(layer: LayerConfig, called: str) -> InputError:
    names = (activations.get(name).keras for name in activations.names())
    choices = ", ".join(name for name in names if name is not None)
    return layer.error(f"an activation of {choices}, or softmax at the end", called)
