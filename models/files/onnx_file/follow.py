"""Follows the tensors of an ONNX graph from its inputs to its output."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.onnx_file.draft import Draft, Graph, View
from build_decoder.models.files.onnx_file.model_file import ModelFile
from build_decoder.models.files.onnx_file.operation import Operation
from build_decoder.models.files.onnx_file.patterns import joined
from build_decoder.models.files.onnx_file.readers import READERS

__all__ = ["Followed", "follow"]

_FREE_SAMPLES = 2  # enough to tell the axis of samples from others


@dataclass(frozen=True)
class Followed:
    """A model as drafts of layers.

    Parameters
    ----------
    graph:
        That made them.
    inputs:
        Drafts of the model's inputs, in its order.
    output:
        The tensor that is the model's output.
    """

    graph: Graph
    inputs: tuple[Draft, ...]
    output: View


def follow(model: ModelFile) -> Followed:
    """The layers of a model; `InputError` where a node computes what no layer of ours does."""
    if len({item.free for item in model.inputs}) != 1:
        got = "none" if not model.inputs else "others"
        expected = "inputs that all take one sample, or all any number"
        raise InputError.at(model.path, "", expected=expected, got=got)
    graph = Graph(_FREE_SAMPLES if model.inputs[0].free else 1)
    nodes = joined(model)
    users = Counter(name for node in nodes for name in node.inputs)
    users[model.output] += 1
    values: dict[str, View | np.ndarray] = dict(model.constants)
    inputs = []
    for item in model.inputs:
        draft = graph.given(item.name, item.shape)
        places = np.moveaxis(graph.whole(draft).places, 0, item.axis)
        inputs.append(draft)
        values[item.name] = View(draft, places, users[item.name] == 1)
    for node in nodes:
        _run(graph, node, values, users)
    output = values.get(model.output)
    if not isinstance(output, View):
        where = f"output {shown(model.output)}"
        raise InputError.at(
            model.path, where, expected="a tensor that depends on the inputs", got="none"
        )
    return Followed(graph, tuple(inputs), output.known())


def _run(
    graph: Graph,
    node: Operation,
    values: dict[str, View | np.ndarray],
    users: Counter[str],
) -> None:
    """Read a node, and put what it gives among the values."""
    reader = READERS.get(node.kind)
    if reader is None:
        raise node.error("an operator that docs/onnx.md lists", node.kind)
    for name in node.inputs:
        if name and name not in values:
            raise node.error("tensors of nodes before it, of an output that is read", shown(name))
    given = [values[name] if name else None for name in node.inputs]
    if not given and node.kind != "Constant":
        raise node.error("inputs", "none")
    try:
        found = reader(graph, node, given)
    except (IndexError, ValueError):  # of numpy, and of inputs that are not there
        sizes = [each.places.shape if isinstance(each, View) else np.shape(each) for each in given]
        raise node.error("inputs as its operator takes them", f"shapes {sizes}") from None
    found = found if isinstance(found, list) else [found]
    for name, value in zip(node.outputs, found, strict=False):
        if isinstance(value, View):
            if not value.places.size:
                raise node.error("at least one value", f"shape {value.places.shape}")
            alone = value.alone and users[name] == 1 and len(found) == 1
            value = replace(value, alone=alone)
            for view in (value, value.known()):
                view.draft.tensors.append((name, view))
        values[name] = value if isinstance(value, View) else np.asarray(value)
