"""LSTM, GRU and attention, which take all time steps of a layer in order."""

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.readers import attention, recurrent
from build_decoder.models.files.keras_file.views.reading import LayerNode, Reader, ViewReading
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.layer import Shape
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.recurrent import RecurrentLayer

__all__ = ["READERS"]

_LAYERS = recurrent.READERS | attention.READERS


def _steps(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    reading = _LAYERS[layer.kind](layer, shapes)

    def run(
        graph: Graph, node: LayerNode, views: Sequence[View], keras: ModuleType, loaded: Any
    ) -> View:
        draft, starts = graph.ordered(node, views[0], (1, 2))
        if any(starts) or draft.shape != views[0].places.shape[1:]:
            got = f"{views[0].places.shape[1:]} of {draft.shape}"
            raise node.error("all steps of a layer", got)
        made = _added(graph, node, reading.layer, draft, reading.arrays(keras, loaded))
        return made.moved(made.places[:, ::-1]) if reading.reversed else made

    return ViewReading(reading.shape, run, reading.stored)


def _added(graph: Graph, node: LayerNode, layer: Any, draft: Any, arrays: Any) -> View:
    """The layer's output. A layer that gives its last step is one that gives all, of which the
    last is a view."""
    cell = getattr(layer, "layer", layer)
    if not isinstance(cell, RecurrentLayer) or cell.sequences:
        return graph.whole(graph.add(node, layer, [draft], arrays))
    cell = replace(cell, sequences=True)
    whole = Bidirectional(cell) if isinstance(layer, Bidirectional) else cell
    made = graph.add(node, whole, [draft], arrays)
    last, _ = made.last
    return graph.whole(last)


READERS: dict[str, Reader] = dict.fromkeys(_LAYERS, _steps)
