"""Pools, and means of each channel."""

from collections.abc import Sequence
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import expect, flag, only_input, sizes
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

__all__ = ["READERS"]

_MEAN, _MEAN_OF_WINDOWS, _LARGEST = "GlobalAveragePool", "AveragePool", "MaxPool"


def _pool(layer: LayerConfig, shapes: list[Shape], *, axes: int, kind: str) -> ViewReading:
    shape = only_input(layer, shapes, axes + 1)
    window, strides = sizes(layer, "pool_size", axes), strides_of(layer, axes)
    expect(layer, "data_format", "channels_last")
    same = expect(layer, "padding", "same", "valid") == "same"
    if kind == _LARGEST:
        expect(layer, "strides", list(window))
    if any(wide > length for wide, length in zip(window, shape, strict=False)):
        raise layer.error(f"a window that fits in {shape[:-1]}", f"pool_size={window}")
    zeros = same_zeros(shape[:-1], window, strides) if same else [0] * axes
    pads = [(total // 2, total - total // 2) for total in zeros]
    given = [
        (length + total - wide) // step + 1
        for length, total, wide, step in zip(shape[:-1], zeros, window, strides, strict=True)
    ]
    if kind == _MEAN_OF_WINDOWS and any(map(any, pads)):
        raise layer.error(
            "padding='valid', or lengths that the window divides",
            f"padding='same' of lengths {shape[:-1]}",
        )

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        first = views[0].moved(np.moveaxis(views[0].places, -1, 1))
        lows, highs = zip(*pads, strict=True)
        found = operator(
            graph, node, kind, [first],
            kernel_shape=list(window), strides=list(strides), pads=[*lows, *highs],
        )
        return found.moved(np.moveaxis(found.places, 1, -1))

    return ViewReading((*given, shape[-1]), run)


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
        if kind == _MEAN:
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


READERS: dict[str, Reader] = {
    "keras.ops.Max": partial(_reduction, kind=_LARGEST),
    "keras.ops.Mean": partial(_reduction, kind=_MEAN),
}
for _axes in (1, 2):
    READERS |= {
        f"AveragePooling{_axes}D": partial(_pool, axes=_axes, kind=_MEAN_OF_WINDOWS),
        f"GlobalAveragePooling{_axes}D": partial(_over_all, axes=_axes, kind=_MEAN),
        f"GlobalMaxPooling{_axes}D": partial(_over_all, axes=_axes, kind=_LARGEST),
        f"MaxPooling{_axes}D": partial(_pool, axes=_axes, kind=_LARGEST),
    }
