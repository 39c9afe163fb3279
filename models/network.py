"""A trained network, in floats: the float reference of a decoder."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from build_decoder.models.architecture import Architecture, Input, Node, Weights, chained
from build_decoder.models.carried import Carried
from build_decoder.models.dense_view import DenseView
from build_decoder.models.errors import InputError
from build_decoder.models.layer import Layer, Mismatch, Shape
from build_decoder.models.layers.dense import Dense
from build_decoder.models.task import Task

__all__ = ["Input", "Network", "Node"]

_PART = 2**24
"""Values of the largest tensor up to which samples with several axes are run at a time."""

Step = Callable[[Node, list[np.ndarray]], np.ndarray]

ChainLayer = (
    tuple[Layer, Mapping[str, np.ndarray]] | tuple[str, Layer, Mapping[str, np.ndarray]]
)


@dataclass(frozen=True, eq=False)
class Network(Architecture):
    """A graph of trained layers.

    Parameters
    ----------
    name, inputs, nodes:
        As those of an `Architecture`; each node has its weights.
    task:
        What the outputs are for, where the network's own files say it.

    Raises
    ------
    Mismatch
        A layer does not fit those that it takes, or an array of weights is missing, of another
        shape or unknown.
    """

    task: Task | None = None

    def __post_init__(self):
        super().__post_init__()
        for node in self.nodes:
            shapes = self.weight_shapes(node)
            where = f"layer {node.name!r}"
            if set(node.weights) != set(shapes):
                raise Mismatch(f"arrays {sorted(shapes)}", sorted(node.weights), where)
            for key, shape in shapes.items():
                got = node.weights[key].shape
                if got != shape:
                    raise Mismatch(f"shape {shape}", got, f"{where}: {key}")

    @classmethod
    def chain(
        cls,
        name: str,
        inputs: Input | int | Shape,
        layers: Iterable[ChainLayer],
        task: Task | None = None,
    ) -> "Network":
        """A network whose layers follow one another.

        Parameters
        ----------
        inputs:
            The input, its shape, or the number of its values; without a name it is called ``x``.
        layers:
            ``(layer, weights)``, called ``layer1``, ``layer2`` and so on, or
            ``(name, layer, weights)``.
        """
        named = (layer if len(layer) == 3 else ("", *layer) for layer in layers)
        return cls(name, *chained(inputs, named), task)

    @classmethod
    def of(cls, architecture: Architecture, weights: Weights) -> "Network":
        """The network of an architecture's layers with `weights`.

        Raises
        ------
        Mismatch
            An array is missing, of another shape or unknown.
        """
        unknown = set(weights) - {node.name for node in architecture.nodes}
        if unknown:
            raise Mismatch("weights of its layers only", f"weights of {sorted(unknown)}")
        nodes = (replace(node, weights=weights.get(node.name, {})) for node in architecture.nodes)
        return cls(architecture.name, architecture.inputs, tuple(nodes))

    @property
    def continuous(self) -> bool:
        """Whether samples are steps that follow in time, from one to the next of which states are
        kept."""
        return any(isinstance(node.layer, Carried) for node in self.nodes)

    def in_sequences(self, steps: int | None) -> "Network":
        """A continuous network on sequences of so many samples each, which begin with zero states.

        None makes all samples one sequence, as does a network's file. Other networks are as they
        were.
        """
        if not self.continuous:
            return self
        nodes = (
            replace(node, layer=replace(node.layer, every=steps))
            if isinstance(node.layer, Carried) else node
            for node in self.nodes
        )
        return replace(self, nodes=tuple(nodes))

    @property
    def weights(self) -> Weights:
        """Arrays by the name of their node and their own; nodes without any are left out."""
        return {node.name: node.weights for node in self.nodes if node.weights}

    @property
    def output_activation(self) -> str:
        """Name of the activation function that the outputs come out of, or ``softmax``.

        ``linear`` where there is none, or where outputs come out of different ones.
        """
        names: dict[str, str] = {item.name: "linear" for item in self.inputs}
        for node in self.nodes:
            passed = {names[name] for name in node.inputs}
            names[node.name] = node.layer.output_activation() or (
                passed.pop() if len(passed) == 1 else "linear"
            )
        return names[self.nodes[-1].name]

    def values(self, x: np.ndarray | Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Values of every input and node by its name, float64 (samples, ...).

        Parameters
        ----------
        x:
            One array of all values, (samples, `input_count`), one input after the other; if there
            is one input only, also (samples, \\*shape); or an array of either form for each input,
            by its name. Inputs that repeat another one are not given.

        Raises
        ------
        Mismatch
            An input is missing, of another shape or unknown.
        """
        values = self.given_values(x)
        for node in self.nodes:
            values[node.name] = node.run([values[name] for name in node.inputs])
        return values

    def forward(
        self, x: np.ndarray | Mapping[str, np.ndarray], *, step: Step = Node.run
    ) -> np.ndarray:
        """From `x`, as `values` takes it, to (samples, outputs), float64.

        Parameters
        ----------
        step:
            ``step(node, tensors)`` computes a node's output in place of its layer, in another
            arithmetic.
        """
        values = self.given_values(x)
        samples = len(next(iter(values.values())))
        most = samples
        if any(len(shape) > 1 for shape in self.shapes.values()) and not self.continuous:
            most = max(_PART // max(map(math.prod, self.shapes.values())), 1)
        parts = [
            self._outputs(
                {name: array[start : start + most] for name, array in values.items()}, step
            )
            for start in range(0, max(samples, 1), most or 1)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _outputs(self, values: dict[str, np.ndarray], step: Step) -> np.ndarray:
        last = self.nodes[-1].name
        for node in self.nodes:
            values[node.name] = step(node, [values[name] for name in node.inputs])
            for name in self._last_taken[node.name]:
                del values[name]
        return values[last].reshape(len(values[last]), self.output_count)

    @cached_property
    def _last_taken(self) -> dict[str, tuple[str, ...]]:
        """For each node, the values that no later node takes: their memory is free after it."""
        last = {name: node.name for node in self.nodes for name in node.inputs}
        return {
            node.name: tuple(name for name, taker in last.items() if taker == node.name)
            for node in self.nodes
        }

    def given_values(self, x: np.ndarray | Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Values of each input, (samples, \\*shape)."""
        given = self.given_inputs
        if not isinstance(x, Mapping):
            x = self._split(x)
        unknown = sorted(set(x) - {item.name for item in given})
        if unknown:
            names = ", ".join(repr(item.name) for item in given)
            raise Mismatch(f"samples of {names} only", f"samples of {unknown}")
        values: dict[str, np.ndarray] = {}
        for item in self.inputs:
            where = f"input {item.name!r}"
            if item.of is not None:
                repeated = item.walk.of(values[item.of])
                values[item.name] = repeated.reshape(len(repeated), *item.shape)
                continue
            if item.name not in x:
                raise Mismatch("samples", "none", where)
            array = np.asarray(x[item.name], dtype=np.float64)
            if array.shape[1:] not in (item.shape, (math.prod(item.shape),)) or not array.ndim:
                expected = f"shape (samples, {', '.join(map(str, item.shape))})"
                raise Mismatch(expected, array.shape, where)
            values[item.name] = array.reshape(len(array), *item.shape)
        if len({len(array) for array in values.values()}) > 1:
            counts = {name: len(array) for name, array in values.items()}
            raise Mismatch("as many samples of each input", counts)
        return values

    def _split(self, x: np.ndarray) -> dict[str, np.ndarray]:
        given = self.given_inputs
        x = np.asarray(x, dtype=np.float64)
        if len(given) == 1:
            return {given[0].name: x}
        if x.shape[1:] != (self.input_count,):
            raise Mismatch(f"shape (samples, {self.input_count})", x.shape, "x")
        ends = np.cumsum([math.prod(item.shape) for item in given])
        return dict(zip((item.name for item in given), np.split(x, ends[:-1], 1), strict=True))

    @property
    def is_dense_chain(self) -> bool:
        """Whether it is dense layers that follow one another, and nothing else."""
        names = [self.inputs[0].name, *(node.name for node in self.nodes)]
        return len(self.inputs) == 1 and all(
            isinstance(node.layer, Dense) and node.inputs == (name,)
            for node, name in zip(self.nodes, names, strict=False)
        )

    @cached_property
    def layers(self) -> tuple[DenseView, ...]:
        """The dense layers of a chain, first to last, for code that knows chains alone.

        Pruning and the area of hardware, which is made of such chains so far, ask for it.

        Raises
        ------
        InputError
            If the network is not a chain of dense layers.
        """
        if not self.is_dense_chain:
            raise InputError.at(
                self.name,
                "",
                expected="a chain of dense layers",
                got=f"{self.topology} of other layers or with branches",
            )
        return tuple(
            DenseView(
                node.layer.units,
                node.layer.activation,
                node.weights["weights"],
                node.weights["bias"],
            )
            for node in self.nodes
        )

    def with_layers(self, layers: Sequence[DenseView]) -> "Network":
        """The chain with other dense layers, as many, in the same places; see `layers`."""
        nodes = (
            replace(
                node,
                layer=Dense(view.units, view.activation),
                weights={"weights": view.weights, "bias": view.bias},
            )
            for node, view in zip(self.nodes, layers, strict=True)
        )
        return replace(self, nodes=tuple(nodes))
