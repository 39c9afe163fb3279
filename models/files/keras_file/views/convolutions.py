"""Convolutions of any padding and strides; depthwise and separable ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.readers.dense import kernel_and_bias
from build_decoder.models.files.keras_file.reading import (
    expect,
    numbers,
    only_input,
    size,
    sizes,
)
from build_decoder.models.files.keras_file.settings import check_plain
from build_decoder.models.files.keras_file.views.activations import activate, activation_of
from build_decoder.models.files.keras_file.views.padding import ZEROS
from build_decoder.models.files.keras_file.views.reading import (
    LayerNode,
    Reader,
    ViewReading,
    operator,
)
from build_decoder.models.files.keras_file.views.strides import strides_of
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.padding import same_zeros
from build_decoder.models.layer import Shape
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS

__all__ = ["READERS", "convolved"]

_PADDINGS = ("valid", "same", "causal")


def convolved(
    graph: Graph,
    node: LayerNode,
    view: View,
    kernel: np.ndarray,
    bias: np.ndarray,
    **attributes: Any,
) -> View:
    """A convolution of a view (samples, ..., channels) with (\\*window, channels, filters)."""
    weights = np.moveaxis(kernel, (-1, -2), (0, 1))
    first = view.moved(np.moveaxis(view.places, -1, 1))
    found = operator(graph, node, "Conv", [first, weights, bias], **attributes)
    return found.moved(np.moveaxis(found.places, 1, -1))


@dataclass(frozen=True)
class _Windows:
    """Windows of a convolution, along each axis.

    Parameters
    ----------
    kernel, dilations, strides:
        Of the windows.
    pads:
        Zeros before and behind.
    given:
        How many windows there are.
    """

    kernel: Shape
    dilations: Shape
    strides: Shape
    pads: list[tuple[int, int]]
    given: Shape

    @property
    def attributes(self) -> dict[str, list[int]]:
        """The same as ONNX has it."""
        lows, highs = zip(*self.pads, strict=True)
        return {
            "pads": [*lows, *highs],
            "dilations": list(self.dilations),
            "strides": list(self.strides),
        }


def _windows(layer: LayerConfig, lengths: Shape) -> _Windows:
    axes = len(lengths)
    kernel, dilations = sizes(layer, "kernel_size", axes), sizes(layer, "dilation_rate", axes)
    strides = strides_of(layer, axes)
    expect(layer, "data_format", "channels_last")
    check_plain(layer)
    reach = [(window - 1) * step + 1 for window, step in zip(kernel, dilations, strict=True)]
    pads = _pads(layer, lengths, reach, strides)
    given = [
        (length + low + high - wide) // step + 1
        for length, (low, high), wide, step in zip(lengths, pads, reach, strides, strict=True)
    ]
    if min(given) < 1:
        raise layer.error(f"a kernel that fits in {lengths}", f"kernel_size={kernel}")
    return _Windows(kernel, dilations, strides, pads, tuple(given))


def _pads(
    layer: LayerConfig, lengths: Shape, reach: list[int], strides: Shape
) -> list[tuple[int, int]]:
    """Zeros before and behind along each axis, of windows that reach so far."""
    zeros = layer.settings.get(ZEROS)
    if zeros is not None:
        for (low, high), wide in zip(zeros, reach, strict=True):
            if low + high > wide - 1:
                raise layer.error(
                    f"a ZeroPadding of at most {wide - 1} in all before it", f"{low} and {high}"
                )
        return [(low, high) for low, high in zeros]
    match expect(layer, "padding", *_PADDINGS[: 2 + (len(lengths) == 1)]):
        case "valid":
            return [(0, 0) for _ in lengths]
        case "same":
            totals = same_zeros(lengths, reach, strides)
            return [(total // 2, total - total // 2) for total in totals]
        case _:
            return [(wide - 1, 0) for wide in reach]


def _bounded(layer: LayerConfig, stored: int) -> int:
    if stored > MAX_GRAPH_WEIGHTS:
        raise layer.error(f"at most {MAX_GRAPH_WEIGHTS} weights", str(stored))
    return stored


def _convolution(
    layer: LayerConfig, shapes: list[Shape], *, axes: int, depthwise: bool = False
) -> ViewReading:
    *lengths, channels = only_input(layer, shapes, axes + 1)
    groups = channels if depthwise else size(layer, "groups")
    filters = channels * size(layer, "depth_multiplier") if depthwise else size(layer, "filters")
    if channels % groups or filters % groups:
        raise layer.error(f"groups that divide {channels} and {filters}", str(groups))
    windows = _windows(layer, tuple(lengths))
    stored = _bounded(layer, math.prod(windows.kernel) * (channels // groups) * filters)
    name = activation_of(layer, filters, axes + 1)

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        arrays = kernel_and_bias(keras, loaded)
        weights, bias = arrays["weights"], arrays["bias"]
        if depthwise:
            weights = _by_channel(weights)
            bias = bias if layer.settings["use_bias"] else np.zeros(filters)
        view = convolved(
            graph, node, views[0], weights, bias, group=groups, **windows.attributes
        )
        return activate(graph, node, view, name)

    return ViewReading((*windows.given, filters), run, stored)


def _separable(layer: LayerConfig, shapes: list[Shape], *, axes: int) -> ViewReading:
    """A depthwise convolution and one of a single place: two layers."""
    *lengths, channels = only_input(layer, shapes, axes + 1)
    filters, between = size(layer, "filters"), channels * size(layer, "depth_multiplier")
    windows = _windows(layer, tuple(lengths))
    stored = _bounded(layer, math.prod(windows.kernel) * between + between * filters)
    name = activation_of(layer, filters, axes + 1)

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        depthwise = _by_channel(numbers(keras, loaded.depthwise_kernel))
        pointwise = numbers(keras, loaded.pointwise_kernel)
        bias = numbers(keras, loaded.bias) if loaded.use_bias else np.zeros(filters)
        view = convolved(
            graph, node, views[0], depthwise, np.zeros(between),
            group=channels, **windows.attributes,
        )
        view.draft.path = f"{node.name}_depthwise"
        view = convolved(graph, node, view, pointwise, bias)
        return activate(graph, node, view, name)

    return ViewReading((*windows.given, filters), run, stored)


def _by_channel(weights: np.ndarray) -> np.ndarray:
    """(\\*window, 1, filters) of (\\*window, channels, multiplier): filters of a channel lie
    together."""
    *window, channels, multiplier = weights.shape
    return weights.reshape(*window, 1, channels * multiplier)


READERS: dict[str, Reader] = {}
for _axes in (1, 2):
    READERS |= {
        f"Conv{_axes}D": partial(_convolution, axes=_axes),
        f"DepthwiseConv{_axes}D": partial(_convolution, axes=_axes, depthwise=True),
        f"SeparableConv{_axes}D": partial(_separable, axes=_axes),
    }
