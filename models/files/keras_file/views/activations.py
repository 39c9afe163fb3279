"""Activation functions of a view, in a layer of their own or in another one."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import numbers, only_input, values_of
from build_decoder.models.files.keras_file.settings import (
    SOFTMAX,
    layer_activation,
    named_activation,
)
from build_decoder.models.files.keras_file.views.reading import (
    LayerNode,
    Reader,
    ViewReading,
    operator,
)
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.merging import activated
from build_decoder.models.layer import Shape

__all__ = ["READERS", "activate", "activation_of"]

activation_of = named_activation


def activate(graph: Graph, node: LayerNode, view: View, name: str) -> View:
    """The activation `name`, as `settings` calls it, of a view (samples, ..., channels)."""
    if name == "linear":
        return view
    if name == SOFTMAX:
        return operator(graph, node, "Softmax", [view], axis=-1)
    return activated(graph, node, view, name)


def _activation(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    name = layer_activation(layer, shape[-1], len(shape))
    return ViewReading(
        shape, lambda graph, node, views, keras, loaded: activate(graph, node, views[0], name)
    )


def _one_slope(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    shared = layer.setting("shared_axes") or []
    good = isinstance(shared, list) and all(
        type(axis) is int and 1 <= axis <= len(shape) for axis in shared
    )
    if not good:
        raise layer.error(f"shared_axes from 1 to {len(shape)}", repr(shared))
    slopes = tuple(
        1 if axis in shared else length for axis, length in enumerate(shape, start=1)
    )

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        slopes = numbers(keras, loaded.alpha)
        if slopes.min() < slopes.max():
            raise node.error(
                f"one slope for all values (shared_axes={[*range(1, 1 + len(shape))]}), or "
                "LeakyReLU",
                f"slopes from {slopes.min():g} to {slopes.max():g}",
            )
        return operator(graph, node, "PRelu", [views[0], slopes])

    return ViewReading(shape, run, values_of(slopes))


READERS: dict[str, Reader] = {
    **dict.fromkeys(("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax"), _activation),
    "PReLU": _one_slope,
}
