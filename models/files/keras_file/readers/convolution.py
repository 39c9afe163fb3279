"""Convolutions of stride 1 that keep the size of their input."""

import math
from functools import partial
from types import ModuleType
from typing import Any

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.readers.dense import kernel_and_bias
from build_decoder.models.files.keras_file.reading import (
    Arrays,
    Form,
    Reading,
    expect,
    only_input,
    size,
    sizes,
)
from build_decoder.models.files.keras_file.settings import SOFTMAX, check_plain, named_activation
from build_decoder.models.layer import Shape
from build_decoder.models.layers.conv2d import Conv2d

__all__ = ["READERS"]


def _convolution(layer: LayerConfig, shapes: list[Shape], *, axes: int) -> Reading:
    shape = only_input(layer, shapes, axes + 1)
    filters, kernel = size(layer, "filters"), sizes(layer, "kernel_size", axes)
    expect(layer, "strides", [1] * axes)
    expect(layer, "dilation_rate", [1] * axes)
    expect(layer, "groups", 1)
    expect(layer, "data_format", "channels_last")
    padding = layer.setting("padding")
    # A window of one place needs no padding.
    if padding != "same" and (padding not in ("valid", "causal") or max(kernel) > 1):
        raise layer.error("padding='same'", f"padding={shown(padding)}")
    check_plain(layer)
    name = named_activation(layer, filters, axes + 1)
    softmax = name == SOFTMAX
    return Reading(
        Conv2d(filters, (*kernel, 1)[:2], "linear" if softmax else name),
        (*shape[:-1], filters),
        form=Form.IMAGE if axes == 1 else None,
        stored=math.prod(kernel) * shape[-1] * filters,
        arrays=_arrays,
        softmax=softmax,
    )


def _arrays(keras: ModuleType, layer: Any) -> Arrays:
    arrays = kernel_and_bias(keras, layer)
    *window, channels, filters = arrays["weights"].shape
    weights = arrays["weights"].reshape(*(*window, 1)[:2], channels, filters)
    return {**arrays, "weights": weights}


READERS = {"Conv1D": partial(_convolution, axes=1), "Conv2D": partial(_convolution, axes=2)}
