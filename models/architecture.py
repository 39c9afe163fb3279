"""A network without its weights: named layers, and the inputs of each."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from build_decoder.models.layer import Layer, Mismatch, Shape
from build_decoder.models.limits import MAX_GRAPH_WEIGHTS, MAX_TENSOR_VALUES
from build_decoder.models.walk import Walk

__all__ = ["GRAINS", "Architecture", "Input", "Node", "Weights", "chained", "usual_grain"]

Weights = Mapping[str, Mapping[str, np.ndarray]]  # name of the node, name of the array

GRAINS = ("value", "sample")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def usual_grain(shape: Shape) -> str:
    """The grain of an input that does not say it: values in a row need not belong together."""
    return "value" if len(shape) == 1 else "sample"


@dataclass(frozen=True)
class Input:
    """An input of the network.

    Parameters
    ----------
    name:
        A letter, then letters, digits and ``_``.
    shape:
        Of one sample.
    grain:
        ``value`` where each value is a measurement of its own, such as a spike count, so that
        samples may be mixed value by value; ``sample`` where only whole samples make sense, such
        as windows of a waveform. Not said, it is ``value`` for one axis and ``sample`` for more.
    of:
        Name of another input, listed before, whose values this one repeats in another order. It
        is not given then, but taken from that one, and has no grain of its own.
    walk:
        That order.
    """

    name: str
    shape: Shape
    grain: str | None = None
    of: str | None = None
    walk: Walk | None = None

    def __post_init__(self):
        where = f"input {self.name!r}"
        if (self.of is None) != (self.walk is None):
            raise Mismatch("a walk with 'of', and without it none", self.walk, where)
        if self.of is not None:
            if self.grain is not None:
                raise Mismatch("no grain beside 'of'", repr(self.grain), where)
        elif self.grain is None:
            object.__setattr__(self, "grain", usual_grain(self.shape))
        elif self.grain not in GRAINS:
            raise Mismatch(f"a grain of {', '.join(GRAINS)}", repr(self.grain), where)


@dataclass(frozen=True, eq=False)
class Node:
    """A layer at its place in the network.

    Parameters
    ----------
    name:
        A letter, then letters, digits and ``_``; also names its output.
    inputs:
        Names of the inputs or nodes whose values it takes.
    layer:
        The layer that it runs on them.
    weights:
        Its arrays by name, float64. None of them in an `Architecture`.
    """

    name: str
    inputs: tuple[str, ...]
    layer: Layer
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self):
        arrays = {key: np.asarray(array, np.float64) for key, array in self.weights.items()}
        object.__setattr__(self, "weights", arrays)

    def run(self, tensors: Sequence[np.ndarray]) -> np.ndarray:
        """The layer's output (samples, ...), from its inputs (samples, ...) each."""
        return self.layer.forward(tensors, self.weights)


@dataclass(frozen=True, eq=False)
class Architecture:
    """A network without its weights, as it is before training.

    Parameters
    ----------
    name:
        Letters, digits, ``_``, ``-`` and ``.``; names folders and Verilog files.
    inputs:
        At least one.
    nodes:
        At least one, each after its inputs. Every node but the last is the input of another one;
        the output of the last is the output of the network.

    Raises
    ------
    Mismatch
        Something does not fit; the message names the layer.
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
        self._check_repeated()
        self._check_used()

    @classmethod
    def chain(
        cls, name: str, inputs: Input | int | Shape, layers: Iterable[Any]
    ) -> "Architecture":
        """A network whose layers follow one another.

        Parameters
        ----------
        inputs:
            The input, its shape, or the number of its values; without a name it is called ``x``.
        layers:
            Layers, called ``layer1``, ``layer2`` and so on, or pairs of a name and a layer.
        """
        return cls(name, *chained(inputs, ((*_named(layer), {}) for layer in layers)))

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
        used |= {item.of for item in self.inputs}
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

    def _check_repeated(self):
        given = set()
        for item in self.inputs:
            where = f"input {item.name!r}"
            if item.of is None:
                given.add(item.name)
                continue
            if item.of not in given:
                expected = "the name of an input before it that is given itself"
                raise Mismatch(expected, repr(item.of), f"{where}: of")
            if item.walk.count != math.prod(item.shape):
                steps = f"{item.walk.count} steps"
                raise Mismatch(f"a walk of {math.prod(item.shape)} steps", steps, where)

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
        """Shapes of the inputs of `node`."""
        return [self.shapes[name] for name in node.inputs]

    def weight_shapes(self, node: Node) -> dict[str, Shape]:
        """Shape of each array of weights of `node`, in Keras's order."""
        return node.layer.weight_shapes(self.input_shapes(node))

    @property
    def given_inputs(self) -> tuple[Input, ...]:
        """The inputs that do not repeat another one."""
        return tuple(item for item in self.inputs if item.of is None)

    @property
    def input_count(self) -> int:
        """Values that a sample has, over all inputs that do not repeat another one."""
        return sum(math.prod(item.shape) for item in self.given_inputs)

    @property
    def output_shape(self) -> Shape:
        """Shape of the network's output for one sample."""
        return self.shapes[self.nodes[-1].name]

    @property
    def output_count(self) -> int:
        """Values of the network's output for one sample."""
        return math.prod(self.output_shape)

    @property
    def topology(self) -> str:
        """Sizes from input to output, such as ``800-20-2`` or ``100x1x56-100x1x8-4x1x8-32-3``.

        Where not every layer takes the one before it, only the ends, and how many layers there
        are, such as ``56x100x1-...-3 (14 layers)``.
        """
        names = [self.inputs[0].name, *(node.name for node in self.nodes)]
        sizes = ["x".join(map(str, self.shapes[name])) for name in names]
        in_order = zip(self.nodes, names, strict=False)
        if len(self.inputs) == 1 and all(node.inputs == (name,) for node, name in in_order):
            return "-".join(sizes)
        return f"{sizes[0]}-...-{sizes[-1]} ({len(self.nodes)} layers)"

    def users(self, name: str) -> tuple[Node, ...]:
        """The nodes that take the input or node called `name`."""
        return tuple(node for node in self.nodes if name in node.inputs)

    def reached_from(self, name: str) -> frozenset[str]:
        """Names of all that a change of the input or node `name` changes, its own among them."""
        if name not in self.shapes:
            raise Mismatch("the name of an input or layer", repr(name))
        reached = {name} | {item.name for item in self.inputs if item.of == name}
        for node in self.nodes:
            if not reached.isdisjoint(node.inputs):
                reached.add(node.name)
        return frozenset(reached)


def chained(
    inputs: Input | int | Shape, layers: Iterable[tuple[str, Layer, Mapping[str, np.ndarray]]]
) -> tuple[tuple[Input, ...], tuple[Node, ...]]:
    """Inputs and nodes of a chain; an empty name stands for ``layer1``, ``layer2`` and so on."""
    if not isinstance(inputs, Input):
        shape = (inputs,) if isinstance(inputs, int | np.integer) else inputs
        inputs = Input("x", tuple(map(int, shape)))
    nodes = []
    taken = inputs.name
    for number, (name, layer, weights) in enumerate(layers, 1):
        nodes.append(Node(name or f"layer{number}", (taken,), layer, weights))
        taken = nodes[-1].name
    return (inputs,), tuple(nodes)


def _named(layer: Layer | tuple[str, Layer]) -> tuple[str, Layer]:
    return ("", layer) if isinstance(layer, Layer) else layer


def _limit(size: int, most: int, what: str, where: str) -> None:
    if size > most:
        raise Mismatch(f"at most {most} {what}", size, where)
