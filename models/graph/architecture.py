"""A network without its weights: named layers, and what each takes."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.models.graph.layer import GraphLayer, Mismatch, Shape
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS, MAX_TENSOR_VALUES

__all__ = ["Architecture", "Input", "Node", "Weights"]

Weights = Mapping[str, Mapping[str, np.ndarray]]  # name of the node, name of the array

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class Input:
    """An input of the network.

    Parameters
    ----------
    name:
        A letter, then letters, digits and ``_``.
    shape:
        Of one sample.
    """

    name: str
    shape: Shape


@dataclass(frozen=True)
class Node:
    """A layer at its place in the network.

    Parameters
    ----------
    name:
        A letter, then letters, digits and ``_``; also names its output.
    inputs:
        Names of the inputs or nodes whose values it takes.
    layer:
        What it does with them.
    """

    name: str
    inputs: tuple[str, ...]
    layer: GraphLayer


@dataclass(frozen=True)
class Architecture:
    """A network without its weights.

    Parameters
    ----------
    name:
        As that of a `models.Network`.
    inputs:
        At least one.
    nodes:
        At least one, each after those that it takes from. All but the last are taken from; the
        output of the last is that of the network.
    """

    name: str
    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]

    def __post_init__(self):
        if not self.inputs:
            raise Mismatch("at least one input", "none")
        if not self.nodes:
            raise Mismatch("at least one layer", "none")
        names = set()
        for kind, item in self._items():
            if _NAME.fullmatch(item.name) is None:
                raise Mismatch(
                    "a letter, then up to 63 letters, digits and '_'",
                    repr(item.name),
                    f"{kind} name",
                )
            if item.name in names:
                raise Mismatch("each name once", f"{item.name!r} twice", f"{kind} name")
            names.add(item.name)
        self._check_links()
        self._check_sizes()
        self._check_used()

    def _items(self):
        yield from (("input", item) for item in self.inputs)
        yield from (("layer", node) for node in self.nodes)

    def _check_links(self):
        known = {item.name for item in self.inputs}
        for node in self.nodes:
            for name in node.inputs:
                if name not in known:
                    expected = "the name of an input or of a layer before it"
                    raise Mismatch(expected, repr(name), f"layer {node.name!r}: inputs")
            known.add(node.name)

    def _check_used(self):
        used = {name for node in self.nodes for name in node.inputs}
        for kind, item in self._items():
            if item.name not in used and item is not self.nodes[-1]:
                raise Mismatch("a layer that takes it", "none", f"{kind} {item.name!r}")

    def _check_sizes(self):
        for item in self.inputs:
            where = f"input {item.name!r}"
            if not item.shape or min(item.shape) < 1:
                raise Mismatch("a shape of whole numbers from 1 up", item.shape, where)
            _limit(math.prod(item.shape), MAX_TENSOR_VALUES, "values", where)
        for node in self.nodes:
            where = f"layer {node.name!r}"
            _limit(math.prod(self.shapes[node.name]), MAX_TENSOR_VALUES, "values", where)
            for shape in self.weight_shapes(node).values():
                _limit(math.prod(shape), MAX_GRAPH_WEIGHTS, "weights", where)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shape of every input and of every node's output, for one sample."""
        shapes = {item.name: item.shape for item in self.inputs}
        for node in self.nodes:
            try:
                shapes[node.name] = node.layer.output_shape([shapes[name] for name in node.inputs])
            except Mismatch as error:
                where = f"layer {node.name!r}"
                raise Mismatch(error.expected, error.got, where) from None
        return shapes

    def input_shapes(self, node: Node) -> list[Shape]:
        """Shapes of what `node` takes."""
        return [self.shapes[name] for name in node.inputs]

    def weight_shapes(self, node: Node) -> dict[str, Shape]:
        """Shape of each array of weights of `node`, in Keras's order."""
        return node.layer.weight_shapes(self.input_shapes(node))

    @property
    def output_shape(self) -> Shape:
        """Shape of the network's output for one sample."""
        return self.shapes[self.nodes[-1].name]

    def check_weights(self, weights: Weights) -> None:
        """Raise `Mismatch` unless there is each array of the right shape and no other."""
        for node in self.nodes:
            shapes = self.weight_shapes(node)
            arrays = weights.get(node.name, {})
            where = f"layer {node.name!r}"
            if set(arrays) != set(shapes):
                raise Mismatch(f"arrays {sorted(shapes)}", sorted(arrays), where)
            for key, shape in shapes.items():
                if np.shape(arrays[key]) != shape:
                    raise Mismatch(f"shape {shape}", np.shape(arrays[key]), f"{where}: {key}")
        unknown = set(weights) - {node.name for node in self.nodes}
        if unknown:
            raise Mismatch("weights of its layers only", f"weights of {sorted(unknown)}")


def _limit(size: int, most: int, what: str, where: str) -> None:
    if size > most:
        raise Mismatch(f"at most {most} {what}", size, where)
