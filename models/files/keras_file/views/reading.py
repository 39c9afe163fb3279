"""What a Keras layer does to views, and how it is named in error messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.readers import READERS as OPERATORS
from build_decoder.models.layer import Shape

__all__ = ["LayerNode", "Reader", "ViewReading", "moving", "operator"]

_OPSET = 17


@dataclass(frozen=True)
class LayerNode(Operation):
    """A Keras layer where the readers of ONNX operators expect a node."""

    @classmethod
    def of(cls, layer: LayerConfig) -> "LayerNode":
        """The node of a layer."""
        return cls(layer.path, layer.name, layer.kind, (), (layer.name,), {}, _OPSET)

    def error(self, expected: str, got: str) -> InputError:
        """An `InputError` about the layer."""
        return InputError.at(
            self.path, f"layer {shown(self.name)}", expected=expected, got=got
        )


Run = Callable[[Graph, LayerNode, Sequence[View], ModuleType, Any], View]


@dataclass(frozen=True)
class ViewReading:
    """What a Keras layer does.

    Parameters
    ----------
    shape:
        Of a sample that it gives, in Keras's axes.
    run:
        ``run(graph, node, views, keras, layer)`` gives the view of its output, (samples, \\*shape),
        from those of what it takes and the Keras layer that was loaded.
    stored:
        Values that Keras allocates for it, so that the file must have them.
    """

    shape: Shape
    run: Run
    stored: int = 0


Reader = Callable[[LayerConfig, list[Shape]], ViewReading]


def moving(move: Callable[[np.ndarray], np.ndarray], shape: Shape) -> ViewReading:
    """A layer that only moves the values of its one input.

    Parameters
    ----------
    move:
        Of an array (samples, ...) in Keras's axes.
    shape:
        Of a sample that comes in.
    """
    moved = move(np.zeros((1, *shape), dtype=np.int8)).shape[1:]
    return ViewReading(
        moved, lambda graph, node, views, keras, layer: views[0].moved(move(views[0].places))
    )


def operator(
    graph: Graph, node: LayerNode, kind: str, given: Sequence[Any], **attributes: Any
) -> View:
    """What an operator of ONNX gives."""
    found = OPERATORS[kind](graph, replace(node, kind=kind, attributes=attributes), given)
    return found[0] if isinstance(found, list) else found
