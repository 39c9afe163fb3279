"""Dense layers, of a sample or of each position, and separable convolutions."""

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.readers.dense import kernel_and_bias
from build_decoder.models.files.keras_file.reading import only_input
from build_decoder.models.files.keras_file.settings import check_dtype, dense_units
from build_decoder.models.files.keras_file.views.activations import activate, activation_of
from build_decoder.models.files.keras_file.views.convolutions import convolved
from build_decoder.models.files.keras_file.views.reading import (
    LayerNode,
    Reader,
    ViewReading,
    operator,
)
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.layer import Shape
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS

__all__ = ["READERS"]


def _dense(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    units = dense_units(layer, shape[-1], MAX_GRAPH_WEIGHTS)
    name = activation_of(layer, units, len(shape))
    return _product(shape, units, name, inner=False)


def _distributed(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    """TimeDistributed(Dense): what Dense does by itself at each position."""
    shape = only_input(layer, shapes)
    match layer.setting("layer"):
        case {"module": "keras.layers", "class_name": "Dense", "config": dict() as settings}:
            inner = LayerConfig(layer.path, layer.name, "Dense", settings)
        case other:
            kind = other.get("class_name") if isinstance(other, dict) else other
            raise layer.error("layer Dense", f"layer={shown(kind)}")
    if len(shape) < 2:
        raise layer.error("samples of time steps", f"samples of shape {shape}")
    check_dtype(inner)
    units = dense_units(inner, shape[-1], MAX_GRAPH_WEIGHTS)
    return _product(shape, units, activation_of(inner, units, len(shape)), inner=True)


def _product(shape: Shape, units: int, name: str, *, inner: bool) -> ViewReading:
    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        arrays = kernel_and_bias(keras, loaded.layer if inner else loaded)
        view, weights = views[0], arrays["weights"]
        if len(shape) == 1 or math.prod(shape[:-1]) == 1:
            flat = view.moved(view.places.reshape(len(view.places), -1))
            found = operator(graph, node, "Gemm", [flat, weights, arrays["bias"]])
            found = found.moved(found.places.reshape(len(found.places), *shape[:-1], units))
        elif len(shape) in (2, 3):
            ones = (1,) * (len(shape) - 1)
            kernel = weights.reshape(*ones, *weights.shape)
            found = convolved(graph, node, view, kernel, arrays["bias"])
        else:
            raise node.error("samples of 1 to 3 axes", f"samples of shape {shape}")
        return activate(graph, node, found, name)

    return ViewReading((*shape[:-1], units), run, shape[-1] * units)


READERS: dict[str, Reader] = {"Dense": _dense, "TimeDistributed": _distributed}
