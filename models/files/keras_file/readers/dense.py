"""Dense layers."""

from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import Arrays, Reading, numbers, only_input
from build_decoder.models.files.keras_file.settings import SOFTMAX, dense_units, named_activation
from build_decoder.models.layer import Shape
from build_decoder.models.layers.dense import Dense
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS

__all__ = ["READERS", "kernel_and_bias"]


def kernel_and_bias(keras: ModuleType, layer: Any) -> Arrays:
    """The weights of a Keras layer that has a kernel and perhaps a bias for each output."""
    kernel = numbers(keras, layer.kernel)
    bias = numbers(keras, layer.bias) if layer.use_bias else np.zeros(kernel.shape[-1])
    return {"weights": kernel, "bias": bias}


def _dense(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    shape = only_input(layer, shapes)
    if len(shape) > 1:
        raise layer.error("a Flatten before it", f"samples of shape {shape}")
    units = dense_units(layer, shape[0], MAX_GRAPH_WEIGHTS)
    name = named_activation(layer, units)
    softmax = name == SOFTMAX
    return Reading(
        Dense(units, "linear" if softmax else name),
        (units,),
        stored=shape[0] * units,
        arrays=kernel_and_bias,
        softmax=softmax,
    )


READERS = {"Dense": _dense}
