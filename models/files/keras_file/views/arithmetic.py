"""Factors and terms, along any axes, and sums of tensors."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.readers.normalisation import READERS as LAST_AXIS
from build_decoder.models.files.keras_file.reading import axes_of, flag, numbers, only_input
from build_decoder.models.files.keras_file.views.reading import (
    LayerNode,
    Reader,
    ViewReading,
    operator,
)
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.merging import scaled
from build_decoder.models.layer import Shape
from build_decoder.models.limits import MAX_MAGNITUDE

__all__ = ["READERS"]


def _along_last(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    """Layers that `readers.normalisation` reads: a factor and a term for each channel."""
    reading = LAST_AXIS[layer.kind](layer, shapes)

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        arrays = reading.arrays(keras, loaded)
        return scaled(graph, node, views[0], arrays["scale"], arrays["shift"])

    return ViewReading(reading.shape, run, reading.stored)


def _batch(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    axis = layer.setting("axis")
    if axis == [len(shape)] or axes_of(layer, axis, len(shape)) == [len(shape) - 1]:
        return _along_last(layer, shapes)
    if isinstance(axis, list):
        raise layer.error("one axis", f"axis={shown(axis)}")
    (place,) = axes_of(layer, axis, len(shape))
    # As if the axis were the last one; then it is put into its place.
    inside = LayerConfig(layer.path, layer.name, layer.kind, layer.settings | {"axis": -1})
    turned = (*shape[:place], *shape[place + 1 :], shape[place])
    reading = LAST_AXIS[layer.kind](inside, [turned])
    ones = [-1 if each == place else 1 for each in range(len(shape))]

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        arrays = reading.arrays(keras, loaded)
        scale, shift = (arrays[key].reshape(ones) for key in ("scale", "shift"))
        return scaled(graph, node, views[0], scale, shift)

    return ViewReading(shape, run, reading.stored)


def _normalisation(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    """Normalization along any axes; mean and variance lie in the file, or in the settings."""
    shape = only_input(layer, shapes)
    inverted = flag(layer, "invert")
    axis = layer.setting("axis")
    kept = [] if axis in (None, []) else axes_of(layer, axis, len(shape))
    if len(set(kept)) < len(kept):
        raise layer.error("each axis once", f"axis={shown(axis)}")
    stored = math.prod(shape[each] for each in kept)
    given = sum(layer.setting(key) is None for key in ("mean", "variance"))

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        mean, variance = (numbers(keras, each) for each in (loaded.mean, loaded.variance))
        deviation = np.maximum(np.sqrt(variance), keras.config.epsilon())
        if inverted:
            return scaled(graph, node, views[0], deviation, mean)
        return scaled(graph, node, views[0], 1 / deviation, -mean / deviation)

    return ViewReading(shape, run, given * stored)


def _combined(
    layer: LayerConfig, shapes: list[Shape], *, kind: str, factor: Callable[[int], float]
) -> ViewReading:
    """Sums, differences and means of tensors of one shape."""
    if len(shapes) < 2 or len(set(shapes)) > 1 or (kind == "Sub" and len(shapes) != 2):
        raise layer.error("inputs of one shape, at least two", f"shapes {shapes}")
    scale = np.array(factor(len(shapes)))

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        found, *others = views
        for view in others:
            found = operator(graph, node, kind, [found, view])
        return found if scale == 1 else scaled(graph, node, found, scale, np.zeros(()))

    return ViewReading(shapes[0], run)


def _with_constant(layer: LayerConfig, shapes: list[Shape], *, kind: str) -> ViewReading:
    """An operation of a tensor and a number; `operations` has put that into the settings."""
    shape = only_input(layer, shapes)
    value, first = layer.setting("constant"), flag(layer, "constant_first")
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not abs(value) <= MAX_MAGNITUDE or (kind == "Div" and (first or not value)):
        raise layer.error("a finite number, a divisor other than 0", shown(value))
    constant = np.array(float(value))

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        given = [constant, views[0]] if first else [views[0], constant]
        return operator(graph, node, kind, given)

    return ViewReading(shape, run)


def _negative(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    return ViewReading(
        only_input(layer, shapes),
        lambda graph, node, views, keras, loaded: operator(graph, node, "Neg", views),
    )


_KINDS = {"Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "Divide": "Div"}
READERS: dict[str, Reader] = {
    "Add": partial(_combined, kind="Add", factor=lambda count: 1.0),
    "Average": partial(_combined, kind="Add", factor=lambda count: 1 / count),
    "BatchNormalization": _batch,
    "Normalization": _normalisation,
    "Rescaling": _along_last,
    "Subtract": partial(_combined, kind="Sub", factor=lambda count: 1.0),
    "build_decoder>ChannelAffine": _along_last,
    "keras.ops.Negative": _negative,
    **{
        f"keras.ops.{name} constant": partial(_with_constant, kind=kind)
        for name, kind in _KINDS.items()
    },
}
