"""The integer model: the bit-true reference that every realisation of a decoder equals."""

import json
import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.models.walk import Walk
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.layers.dense import NODES, Dense
from build_decoder.quant.number_format import NumberFormat

__all__ = ["IntegerModel", "ModelInput", "ModelNode", "Node"]


_PART = 1 << 24
"""Values of all layers together that are held at a time."""


@dataclass(frozen=True)
class Node:
    """A signal node.

    Attributes
    ----------
    layer
        Number of the layer, from 1.
    name
        The role.
    format
        Its format.
    words
        How many values it holds for one frame.
    """

    layer: int
    name: str
    format: NumberFormat
    words: int


@dataclass(frozen=True, eq=False)
class ModelInput:
    """An input: its shape for one sample and its format; ``of`` and ``walk`` are those of a
    `models.network.Input`."""

    name: str
    shape: Shape
    format: NumberFormat
    of: str | None = None
    walk: Walk | None = None


@dataclass(frozen=True, eq=False)
class ModelNode:
    """An integer layer at its place; ``inputs`` names the inputs or nodes whose values it takes."""

    name: str
    inputs: tuple[str, ...]
    layer: IntegerLayer

    def compute(self, *raw: np.ndarray, steps: int | None = None) -> np.ndarray:
        """Raw int64 output (samples, ...) of raw inputs; ``steps`` is as for
        :meth:`IntegerModel.compute`."""
        if steps is not None and getattr(self.layer, "continuous", False):
            return self.layer.compute_sequences(*raw, steps)
        return self.layer.compute(*raw)


@dataclass(frozen=True, eq=False)
class IntegerModel:
    """A graph of integer layers; the last one's output is the decoder's.

    Parameters
    ----------
    name
        Of the network.
    inputs
        The input that samples give, and inputs that repeat it in another order.
    nodes
        Each after its inputs.

    Raises
    ------
    ValueError
        If a layer's input has not the count or the format of the values that it gets.
    """

    name: str
    inputs: tuple[ModelInput, ...]
    nodes: tuple[ModelNode, ...]

    def __post_init__(self):
        formats = {item.name: item.format for item in self.inputs}
        counts = {item.name: math.prod(item.shape) for item in self.inputs}
        for number, node in enumerate(self.nodes, start=1):
            given = tuple(formats[name] for name in node.inputs)
            if given != node.layer.inputs:
                raise ValueError(
                    f"expected layer {number} to take values in {_listed(given)}, got "
                    f"{_listed(node.layer.inputs)}"
                )
            if isinstance(node.layer, DenseShape):
                count = counts[node.inputs[0]]
                if node.layer.input_count != count:
                    raise ValueError(
                        f"expected layer {number} to take {count} values, got "
                        f"{node.layer.input_count}"
                    )
            formats[node.name] = node.layer.output
            counts[node.name] = node.layer.output_count

    @classmethod
    def chain(cls, name: str, layers: Iterable[DenseShape]) -> "IntegerModel":
        """Dense layers that follow one another."""
        layers = tuple(layers)
        nodes, taken = [], "x"
        for number, layer in enumerate(layers, start=1):
            nodes.append(ModelNode(f"layer{number}", (taken,), layer))
            taken = nodes[-1].name
        first = layers[0]
        return cls(name, (ModelInput("x", (first.input_count,), first.input),), tuple(nodes))

    @property
    def layers(self) -> tuple[IntegerLayer, ...]:
        """The layers, in order."""
        return tuple(node.layer for node in self.nodes)

    @property
    def input_format(self) -> NumberFormat:
        """Format of the decoder's inputs."""
        return self.inputs[0].format

    @property
    def output_format(self) -> NumberFormat:
        """Format of the decoder's outputs."""
        return self.nodes[-1].layer.output

    @property
    def input_count(self) -> int:
        """Inputs of the decoder."""
        return math.prod(self.inputs[0].shape)

    @property
    def output_count(self) -> int:
        """Outputs of the decoder."""
        return self.nodes[-1].layer.output_count

    @property
    def classes(self) -> int | None:
        """Classes among which the output is the index of one; None if outputs are other values."""
        return self.nodes[-1].layer.decides

    @property
    def writable(self) -> bool:
        """Whether weights and biases may be written at run time: all but those of layers that are
        not trained."""
        return any(layer.writable for layer in self.layers)

    @property
    def topology(self) -> str:
        """Sizes from input to output, as in `models.architecture.Architecture.topology`."""
        shapes = (self.inputs[0].shape, *(layer.output_shape for layer in self.layers))
        sizes = ["x".join(map(str, shape)) for shape in shapes]
        if self._in_a_row:
            return "-".join(sizes)
        return f"{sizes[0]}-...-{sizes[-1]} ({len(self.nodes)} layers)"

    @property
    def weight_bits(self) -> int:
        """Bits of weight memory, biases aside."""
        return sum(
            node.format.width * node.words
            for node in self.signals()
            if node.name in ("weight", "recurrent")
        )

    @cached_property
    def is_dense_chain(self) -> bool:
        """Whether it is dense layers that follow one another, and nothing else."""
        return self._in_a_row and all(isinstance(layer, Dense) for layer in self.layers)

    @property
    def _in_a_row(self) -> bool:
        """Whether each layer takes the one before it and nothing else."""
        names = [self.inputs[0].name, *(node.name for node in self.nodes)]
        in_order = zip(self.nodes, names, strict=False)
        return len(self.inputs) == 1 and all(node.inputs == (name,) for node, name in in_order)

    def quantise_input(self, x) -> np.ndarray:
        """Raw int64 of real inputs (samples, inputs)."""
        return self.input_format.quantise(x)

    def dequantise_output(self, y_raw) -> np.ndarray:
        """Real float64 of raw outputs (samples, outputs)."""
        return self.output_format.to_real(y_raw)

    @property
    def continuous(self) -> bool:
        """Whether samples are steps that follow in time, from one to the next of which states are
        kept."""
        return any(getattr(layer, "continuous", False) for layer in self.layers)

    def values(self, x_raw: np.ndarray, *, steps: int | None = None) -> dict[str, np.ndarray]:
        """Raw values (samples, ...) of every input and every node, for raw inputs (samples,
        inputs); ``steps`` is as for :meth:`compute`."""
        values = self.given_values(x_raw)
        for node in self.nodes:
            values[node.name] = node.compute(*(values[name] for name in node.inputs), steps=steps)
        return values

    def given_values(self, x_raw: np.ndarray) -> dict[str, np.ndarray]:
        """Raw values (samples, ...) of every input alone."""
        values = {}
        for item in self.inputs:
            values[item.name] = x_raw if item.of is None else item.walk.of(values[item.of])
            values[item.name] = values[item.name].reshape(len(x_raw), *item.shape)
        return values

    def values_by_parts(
        self, x_raw: np.ndarray, *, steps: int | None = None
    ) -> Iterator[dict[str, np.ndarray]]:
        """:meth:`values` of some samples after others, as many at a time as memory is taken for;
        parameters and errors are those of :meth:`compute`."""
        held = sum(math.prod(item.shape) for item in self.inputs)
        held += sum(layer.output_count for layer in self.layers)
        most = max(_PART // held, 1)
        if self.continuous:
            length = len(x_raw) if steps is None else steps
            if length and len(x_raw) % length:
                raise ValueError(f"expected sequences of {length}, got {len(x_raw)} samples")
            most = max(most // max(length, 1), 1) * max(length, 1)
        # One part, though empty, of no samples.
        for start in range(0, max(len(x_raw), 1), most):
            yield self.values(x_raw[start : start + most], steps=steps)

    def compute(self, x_raw: np.ndarray, *, steps: int | None = None) -> np.ndarray:
        """Raw int64 outputs (samples, outputs) of raw inputs (samples, inputs).

        Parameters
        ----------
        steps
            Samples of a sequence of a continuous model: states are zero before the first of each.
            None: all samples are one sequence. Of another model it makes no difference.

        Raises
        ------
        ValueError
            If samples of a continuous model are not whole sequences.
        """
        last = self.nodes[-1].name
        given = [
            values[last].reshape(len(values[last]), self.output_count)
            for values in self.values_by_parts(x_raw, steps=steps)
        ]
        return given[0] if len(given) == 1 else np.concatenate(given)

    def predict(self, x, *, steps: int | None = None) -> np.ndarray:
        """Real outputs (samples, outputs) of real inputs (samples, inputs); ``steps`` is as for
        :meth:`compute`."""
        return self.dequantise_output(self.compute(self.quantise_input(x), steps=steps))

    def signals(self) -> list[Node]:
        """All signal nodes, in data-flow order, with the words that each holds."""
        return [
            Node(number, signal.role, signal.format, signal.words)
            for number, layer in enumerate(self.layers, start=1)
            for signal in layer.signals
        ]

    def average_bit_width(self) -> float:
        """Mean width of all signal nodes, not weighted, as AHEAD reports it (Section 5)."""
        return float(np.mean([node.format.width for node in self.signals()]))

    def average_bit_width_with_input_layer(self) -> float:
        """The same with six more nodes, since AHEAD counts the input layer as a layer too.

        That layer computes nothing: all six of its nodes hold the decoder's input.
        """
        widths = [node.format.width for node in self.signals()]
        return float(np.mean([self.input_format.width] * len(NODES) + widths))

    def average_bit_width_by_words(self) -> float:
        """Mean width of all signal nodes, weighted by the values that each holds for one frame."""
        nodes = self.signals()
        return float(
            np.average([n.format.width for n in nodes], weights=[n.words for n in nodes])
        )

    def fingerprint(self) -> int:
        """CRC-32 that tells integer models apart: formats, weights, biases, activations, and how
        layers are connected."""
        crc = zlib.crc32(json.dumps([str(node) for node in self.signals()]).encode())
        if not self.is_dense_chain:
            crc = zlib.crc32(self._connections().encode(), crc)
        for layer in self.layers:
            crc = zlib.crc32(layer.digest(), crc)
        return crc

    def _connections(self) -> str:
        """The inputs of every node, by numbers, since names do not change results."""
        numbers = {item.name: n for n, item in enumerate((*self.inputs, *self.nodes))}
        inputs = [
            (item.shape, str(item.format), item.of and numbers[item.of], repr(item.walk))
            for item in self.inputs
        ]
        nodes = [
            (type(node.layer).__name__, node.layer.output_shape, [numbers[n] for n in node.inputs])
            for node in self.nodes
        ]
        return json.dumps([inputs, nodes])


def _listed(formats: tuple[NumberFormat, ...]) -> str:
    return ", ".join(map(str, formats))
