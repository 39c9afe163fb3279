"""The integer model: the bit-true reference that every realisation of a decoder equals."""

import json
import zlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from build_decoder.quant.dense import NODES, Dense
from build_decoder.quant.qformat import QFormat

__all__ = ["IntegerModel", "Node"]


@dataclass(frozen=True)
class Node:
    """A signal node: ``layer`` counted from 1, its ``name`` of NODES, format, and words held."""

    layer: int
    name: str
    format: QFormat
    words: int


@dataclass(frozen=True, eq=False)
class IntegerModel:
    """A chain of integer layers.

    Raises
    ------
    ValueError
        If the layers do not chain in count or in format.
    """

    name: str
    layers: tuple[Dense, ...]

    def __post_init__(self):
        for number, (layer, after) in enumerate(pairwise(self.layers), start=1):
            if (layer.units, layer.output) != (after.input_count, after.input):
                raise ValueError(
                    f"expected layer {number + 1} to take {layer.units} values in {layer.output}, "
                    f"got {after.input_count} in {after.input}"
                )

    @property
    def input_format(self) -> QFormat:
        """Format of the decoder's inputs."""
        return self.layers[0].input

    @property
    def output_format(self) -> QFormat:
        """Format of the decoder's outputs."""
        return self.layers[-1].output

    @property
    def input_count(self) -> int:
        """Inputs of the decoder."""
        return self.layers[0].input_count

    @property
    def output_count(self) -> int:
        """Outputs of the decoder."""
        return self.layers[-1].units

    @property
    def topology(self) -> str:
        """Widths of all layers, as in ``800-20-2``."""
        return "-".join(map(str, (self.input_count, *(layer.units for layer in self.layers))))

    @property
    def weight_bits(self) -> int:
        """Bits of weight memory."""
        return sum(layer.weights.size * layer.weight.width for layer in self.layers)

    def quantise_input(self, x) -> np.ndarray:
        """Raw int64 of real inputs (samples, inputs)."""
        return self.input_format.quantise(x)

    def dequantise_output(self, y_raw) -> np.ndarray:
        """Real float64 of raw outputs (samples, outputs)."""
        return self.output_format.to_real(y_raw)

    def compute(self, x_raw: np.ndarray) -> np.ndarray:
        """Raw int64 outputs (samples, outputs) of raw inputs (samples, inputs)."""
        for layer in self.layers:
            x_raw = layer.compute(x_raw)
        return x_raw

    def predict(self, x) -> np.ndarray:
        """Real outputs (samples, outputs) of real inputs (samples, inputs)."""
        return self.dequantise_output(self.compute(self.quantise_input(x)))

    def nodes(self) -> list[Node]:
        """All signal nodes, in data-flow order, with the words that each holds."""
        return [
            Node(number, name, getattr(layer, name), _words(layer, name))
            for number, layer in enumerate(self.layers, start=1)
            for name in NODES
        ]

    def average_bit_width(self) -> float:
        """Plain mean over all signal nodes, as AHEAD reports it (Section 5)."""
        return float(np.mean([node.format.width for node in self.nodes()]))

    def average_bit_width_with_input_layer(self) -> float:
        """Plain mean over six nodes more: AHEAD counts the input layer as a layer too.

        A pass-through computes nothing, so that all six of its nodes hold the decoder's input.
        """
        widths = [node.format.width for node in self.nodes()]
        return float(np.mean([self.input_format.width] * len(NODES) + widths))

    def average_bit_width_by_words(self) -> float:
        """Mean over all signal nodes, each weighted by the words that it holds for one frame."""
        nodes = self.nodes()
        return float(
            np.average([n.format.width for n in nodes], weights=[n.words for n in nodes])
        )

    def fingerprint(self) -> int:
        """CRC-32 that tells integer models apart: formats, weights, biases and activations."""
        crc = zlib.crc32(json.dumps([str(node) for node in self.nodes()]).encode())
        for layer in self.layers:
            for array in (layer.weights, layer.biases):
                crc = zlib.crc32(array.astype("<i8").tobytes(), crc)
            crc = zlib.crc32(repr(layer.activation).encode(), crc)
        return crc


def _words(layer: Dense, node: str) -> int:
    return {"input": layer.input_count, "weight": layer.weights.size}.get(node, layer.units)
