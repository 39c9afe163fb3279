"""Convolutions of any padding, pools, and means of each channel."""

import math
from collections.abc import Sequence
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.readers.dense import kernel_and_bias
from build_decoder.models.files.keras_file.reading import (
    expect,
    flag,
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
from build_decoder.models.files.onnx_file.draft import Graph, View
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


def _convolution(
    layer: LayerConfig, shapes: list[Shape], *, axes: int, depthwise: bool = False
) -> ViewReading:
    shape = only_input(layer, shapes, axes + 1)
    kernel, dilations = sizes(layer, "kernel_size", axes), sizes(layer, "dilation_rate", axes)
    groups = shape[-1] if depthwise else size(layer, "groups")
    if depthwise:
        filters = shape[-1] * size(layer, "depth_multiplier")
    else:
        filters = size(layer, "filters")
    if shape[-1] % groups or filters % groups:
        raise layer.error(f"groups that divide {shape[-1]} and {filters}", str(groups))
    _stride_of_one(layer, axes)
    expect(layer, "data_format", "channels_last")
    check_plain(layer)
    lengths = shape[:-1]
    pads = _pads(layer, kernel, dilations, lengths)
    given = [
        length + low + high - (window - 1) * step
        for length, (low, high), window, step in zip(lengths, pads, kernel, dilations, strict=True)
    ]
    if min(given) < 1:
        raise layer.error(f"a kernel that fits in {lengths}", f"kernel_size={kernel}")
    stored = math.prod(kernel) * (shape[-1] // groups) * filters
    if stored > MAX_GRAPH_WEIGHTS:
        raise layer.error(f"at most {MAX_GRAPH_WEIGHTS} weights", str(stored))
    name = activation_of(layer, filters, axes + 1)

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        arrays = kernel_and_bias(keras, loaded)
        weights, bias = arrays["weights"], arrays["bias"]
        if depthwise:  # (\*window, channels, multiplier): filters of a channel lie together
            weights = weights.reshape(*kernel, 1, filters)
            if not layer.settings["use_bias"]:
                bias = np.zeros(filters)
        lows, highs = zip(*pads, strict=True)
        view = convolved(
            graph, node, views[0], weights, bias,
            pads=[*lows, *highs], dilations=list(dilations), group=groups,
        )
        return activate(graph, node, view, name)

    return ViewReading((*given, filters), run, stored)


def _stride_of_one(layer: LayerConfig, axes: int) -> None:
    strides = layer.setting("strides")
    if strides not in ([1] * axes, 1) or isinstance(strides, bool):
        raise layer.error(
            f"strides={[1] * axes} (put a MaxPooling layer behind it)", f"strides={shown(strides)}"
        )


def _pads(
    layer: LayerConfig, kernel: Shape, dilations: Shape, lengths: Shape
) -> list[tuple[int, int]]:
    """Zeros before and behind along each axis."""
    zeros = layer.settings.get(ZEROS)
    if zeros is not None:
        for (low, high), window, step in zip(zeros, kernel, dilations, strict=True):
            if low + high > (window - 1) * step:
                raise layer.error(
                    f"a ZeroPadding of at most {(window - 1) * step} in all before it",
                    f"{low} and {high}",
                )
        return [(low, high) for low, high in zeros]
    padding = expect(layer, "padding", *_PADDINGS[: 2 + (len(lengths) == 1)])
    pads = []
    for window, step in zip(kernel, dilations, strict=True):
        total = (window - 1) * step
        match padding:
            case "valid":
                pads.append((0, 0))
            case "same":
                pads.append((total // 2, total - total // 2))
            case _:
                pads.append((total, 0))
    return pads


def _max_pool(layer: LayerConfig, shapes: list[Shape], *, axes: int) -> ViewReading:
    shape, window, pads = _pool(layer, shapes, axes)
    given = _pooled(shape, window, pads)

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        first = views[0].moved(np.moveaxis(views[0].places, -1, 1))
        lows, highs = zip(*pads, strict=True)
        found = operator(
            graph, node, "MaxPool", [first],
            kernel_shape=list(window), strides=list(window), pads=[*lows, *highs],
        )
        return found.moved(np.moveaxis(found.places, 1, -1))

    return ViewReading(given, run)


def _average_pool(layer: LayerConfig, shapes: list[Shape], *, axes: int) -> ViewReading:
    """As a convolution with one number, of which each window's sum is taken."""
    shape, window, pads = _pool(layer, shapes, axes)
    if any(map(any, pads)):
        raise layer.error(
            "padding='valid', or lengths that the window divides",
            f"padding='same' of lengths {shape[:-1]}",
        )
    channels = shape[-1]
    kernel = np.broadcast_to(np.eye(channels), (*window, channels, channels))
    kernel = kernel / math.prod(window)
    places = tuple(slice(None, None, step) for step in window)

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        found = convolved(graph, node, views[0], kernel, np.zeros(channels))
        return found.moved(found.places[(slice(None), *places)])

    return ViewReading(_pooled(shape, window, pads), run)


def _pool(
    layer: LayerConfig, shapes: list[Shape], axes: int
) -> tuple[Shape, Shape, list[tuple[int, int]]]:
    """The shape that a pool takes, its window, and what pads it."""
    shape = only_input(layer, shapes, axes + 1)
    window = sizes(layer, "pool_size", axes)
    expect(layer, "strides", list(window))
    expect(layer, "data_format", "channels_last")
    pads = [(0, 0)] * axes
    if expect(layer, "padding", "same", "valid") == "same":
        total = [-length % step for length, step in zip(shape, window, strict=False)]
        pads = [(count // 2, count - count // 2) for count in total]
    if any(step > length for step, length in zip(window, shape, strict=False)):
        raise layer.error(f"a window that fits in {shape[:-1]}", f"pool_size={window}")
    return shape, window, pads


def _pooled(shape: Shape, window: Shape, pads: list[tuple[int, int]]) -> Shape:
    lengths = (
        (length + sum(pad)) // step
        for length, step, pad in zip(shape[:-1], window, pads, strict=True)
    )
    return (*lengths, shape[-1])


def _over_all(
    layer: LayerConfig, shapes: list[Shape], *, axes: int, kind: str
) -> ViewReading:
    shape = only_input(layer, shapes, axes + 1)
    expect(layer, "data_format", "channels_last")
    kept = flag(layer, "keepdims")
    return _reduced(shape, kind, kept)


def _reduced(shape: Shape, kind: str, kept: bool) -> ViewReading:
    ones = (1,) * (len(shape) - 1)
    given = (*ones, shape[-1]) if kept else shape[-1:]

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        first = views[0].moved(np.moveaxis(views[0].places, -1, 1))
        if kind == "GlobalAveragePool":
            found = operator(graph, node, kind, [first])
        else:
            window = list(shape[:-1])
            found = operator(graph, node, kind, [first], kernel_shape=window, strides=window)
        places = found.places.reshape(len(found.places), *given)
        return found.moved(places)

    return ViewReading(given, run)


def _reduction(layer: LayerConfig, shapes: list[Shape], *, kind: str) -> ViewReading:
    """``keras.ops.mean`` or ``max`` over all positions."""
    shape = only_input(layer, shapes)
    axis, wanted = layer.setting("axis"), [*range(1, len(shape))]
    listed = axis if isinstance(axis, list) else [axis]
    places = [each % (len(shape) + 1) if type(each) is int else None for each in listed]
    if len(shape) not in (2, 3) or places != wanted or layer.settings.get("initial") is not None:
        raise layer.error(f"axis={wanted}, all positions", f"axis={shown(axis)} of {shape}")
    return _reduced(shape, kind, flag(layer, "keepdims"))


_MEAN, _LARGEST = "GlobalAveragePool", "MaxPool"
READERS: dict[str, Reader] = {
    "keras.ops.Max": partial(_reduction, kind=_LARGEST),
    "keras.ops.Mean": partial(_reduction, kind=_MEAN),
}
for _axes in (1, 2):
    READERS |= {
        f"AveragePooling{_axes}D": partial(_average_pool, axes=_axes),
        f"Conv{_axes}D": partial(_convolution, axes=_axes),
        f"DepthwiseConv{_axes}D": partial(_convolution, axes=_axes, depthwise=True),
        f"GlobalAveragePooling{_axes}D": partial(_over_all, axes=_axes, kind=_MEAN),
        f"GlobalMaxPooling{_axes}D": partial(_over_all, axes=_axes, kind=_LARGEST),
        f"MaxPooling{_axes}D": partial(_max_pool, axes=_axes),
    }
