"""LSTM and GRU, in one direction or both."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.onnx_file.draft import Graph, View
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.readers.products import matrix
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.limits import MAX_WIDTH

__all__ = ["READERS"]

# Of our gates, in their order, the places that ONNX gives them.
_ORDERS = {"LSTM": (0, 2, 3, 1), "GRU": (0, 1, 2)}
_FUNCTIONS = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}
_WAYS = {"forward": 1, "reverse": 1, "bidirectional": 2}


def _recurrent(
    graph: Graph, node: Operation, given: Sequence[View | np.ndarray | None]
) -> list[View | None]:
    keys = ("activations", "direction", "hidden_size", "layout", "input_forget")
    node.only(*keys, "linear_before_reset")
    node.plain(layout=0, input_forget=0)
    direction = node.attributes.get("direction", "forward")
    if direction not in [*_WAYS]:
        raise node.error(f"a direction of {', '.join(_WAYS)}", shown(direction))
    ways = _WAYS[direction]
    functions = [name.lower() for name in node.texts("activations")]
    if functions not in ([], _FUNCTIONS[node.kind] * ways):
        raise node.error(f"activations {_FUNCTIONS[node.kind] * ways}", shown(functions))
    if node.kind == "GRU" and node.whole("linear_before_reset", 0) != 1:
        raise node.error("linear_before_reset=1 (PyTorch's, and Keras's reset_after)", "0")
    view = given[0]
    if not isinstance(view, View) or view.places.ndim != 3:
        raise node.error("an input (steps, samples, channels)", "another one")
    units = node.whole("hidden_size")
    if not 1 <= units <= MAX_WIDTH:
        raise node.error(f"a hidden_size from 1 to {MAX_WIDTH}", str(units))
    gates = _ORDERS[node.kind]
    channels = view.places.shape[2]
    given = [*given, *[None] * 8][:8]
    weights = _shaped(node, given[1], "W", (ways, len(gates) * units, channels))
    recurrent = _shaped(node, given[2], "R", (ways, len(gates) * units, units))
    bias = np.zeros((ways, 2 * len(gates) * units))
    if given[3] is not None:
        bias = _shaped(node, given[3], "B", bias.shape)
    _check_start(node, given[4:])
    draft, starts = graph.ordered(node, view, (0, 2))
    if any(starts) or draft.shape != view.places.shape[::2]:
        raise node.error("all steps of a layer", f"{view.places.shape[0]} of {draft.shape}")
    parts = [
        _arrays(gates, weights[way], recurrent[way], bias[way].reshape(2, -1))
        for way in range(ways)
    ]
    cell = (Lstm if node.kind == "LSTM" else Gru)(units, True, direction == "reverse")
    if ways == 1:
        made = graph.add(node, cell, [draft], parts[0])
    else:
        both = {
            f"{way}_{key}": array
            for way, part in zip(("forward", "backward"), parts, strict=True)
            for key, array in part.items()
        }
        made = graph.add(node, Bidirectional(cell), [draft], both)
    whole = graph.whole(made).places.reshape(graph.samples, -1, ways, units)
    places = whole.transpose(1, 2, 0, 3)
    ends = [0 if direction == "reverse" else -1, 0][:ways]
    last = np.stack([places[end, way] for way, end in enumerate(ends)])
    return [View(made, places), View(made, last)]


def _shaped(node: Operation, value: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    array = matrix(node, value, len(shape), name)
    if array.shape != shape:
        raise node.error(f"{name} of shape {shape}", str(array.shape))
    return array


def _check_start(node: Operation, given: Sequence[View | np.ndarray | None]) -> None:
    lengths, *states = given
    if lengths is not None:
        raise node.error("all steps of each sample", "sequence_lens")
    for state, name in zip(states, ("initial_h", "initial_c", "P"), strict=True):
        if state is not None and (isinstance(state, View) or np.any(state)):
            raise node.error(f"{name} of zeros", "others")


def _arrays(
    gates: tuple[int, ...], weights: np.ndarray, recurrent: np.ndarray, bias: np.ndarray
) -> dict[str, np.ndarray]:
    """Our arrays of one direction, from (gates * units, ...) and (2, gates * units)."""

    def ordered(array: np.ndarray, axis: int) -> np.ndarray:
        parts = np.split(array, len(gates), axis)
        return np.concatenate([parts[gate] for gate in gates], axis)

    bias = ordered(bias, 1)
    return {
        "weights": ordered(weights, 0).T,
        "recurrent": ordered(recurrent, 0).T,
        "bias": bias.sum(axis=0) if len(gates) == 4 else bias,
    }


READERS = {"GRU": _recurrent, "LSTM": _recurrent}
