"""Cost of formats in hardware: AHEAD's Equation 6, with the cost functions c_k of an FPGA."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from models.network import Network
from quant.activations import is_exact
from quant.dense import NODES
from quant.formats import NetworkFormats, format_of
from quant.qformat import QFormat

__all__ = ["BRAM36_LUTS", "DSP_LUTS", "Cost", "ResourceEstimate"]

DSP_LUTS = 50
"""LUTs that a DSP block is worth."""

BRAM36_LUTS = 100
"""LUTs that a block RAM of 36 Kbit is worth."""

_FF_LUTS = 0.02
"""LUTs that a flip-flop is worth: next to none, but of two equals the one with fewer is better."""

_DSP_WIDTHS = (25, 18, 48)
"""Operands and accumulator of a DSP48E1, all signed."""


class Cost(Protocol):
    """What a search makes small."""

    def __call__(self, formats: NetworkFormats) -> float:
        """Cost of all nodes in ``formats``, in LUTs or what they are worth."""


class ResourceEstimate:
    """LUTs + 50 DSPs + 100 RAMB36 of a decoder on a 7-series FPGA, estimated from first principles.

    Each layer has ``inputs * outputs`` products a cycle, one weight memory of as many words a row,
    and one drain that ends ``lanes`` neurons a cycle:

    - weight memory: columns of 18 bits x 1,024 rows, half a RAMB36 each; a memory of few rows is
      LUTs, 32 bits each;
    - product and accumulation: the cheapest of half a DSP (two weights beside each other in one
      operand, the sums beside each other in its accumulator), a whole DSP, and LUTs, which are
      the product of the operands' widths plus an accumulator;
    - drain: selection among the captured sums, adders and saturation, and an activation unit.

    It knows no retiming, no sharing and no packing of LUTs, and is meant to rank formats. Widths
    of sums are proven from the weights in their format, as in :class:`quant.dense.Dense`.

    Parameters
    ----------
    network
        The network in floats.
    foldings
        (inputs, outputs) a cycle of each layer; default: one input into all neurons.
    """

    def __init__(
        self, network: Network, foldings: Sequence[tuple[int, int]] | None = None
    ):
        self.network = network
        self.foldings = foldings or [(1, layer.output_count) for layer in network.layers]
        self._magnitudes = lru_cache(256)(self._compute_magnitudes)
        self._layers = lru_cache(4096)(self._cost_of_layer)

    def __call__(self, formats: NetworkFormats) -> float:
        return sum(
            self.layer(number, formats) for number in range(1, len(self.network.layers) + 1)
        )

    def layer(self, number: int, formats: NetworkFormats) -> float:
        """Cost of one layer, counted from 1."""
        return self._layers(number, *(format_of(formats, number, node) for node in NODES))

    def _cost_of_layer(self, number: int, x, w, accumulator, bias, total, output) -> float:
        layer = self.network.layers[number - 1]
        inputs, outputs = self.foldings[number - 1]
        rows = math.ceil(layer.input_count / inputs) * math.ceil(layer.output_count / outputs)
        products = inputs * min(outputs, layer.output_count)
        exact = self.sum_width(number, x, w)
        dropped = max(x.fraction + w.fraction - accumulator.fraction, 0)
        captured = max(exact - dropped, 1)
        biased = max(accumulator.width, bias.width + max(accumulator.fraction - bias.fraction, 0))
        # As many neurons leave at once as the next layer takes inputs.
        lanes = self.foldings[number][0] if number < len(self.foldings) else 1
        selected = math.ceil(min(outputs, layer.output_count) / lanes)
        drain = (
            captured * (selected - 1) / 3
            + _saturation(captured, accumulator.width)
            + layer.output_count * bias.width / 32
            + biased + 1
            + _saturation(biased + 1, total.width)
            + _activation(layer.activation, total, output)
        )
        flip_flops = min(outputs, layer.output_count) * captured + inputs * x.width
        return (
            _memory(rows, products * w.width)
            + products * _multiply_accumulate(x, w, exact)
            + lanes * drain
            + _FF_LUTS * flip_flops
        )

    def sum_width(self, number: int, x: QFormat, w: QFormat) -> int:
        """Bits of an exact sum of products, proven from the weights of layer ``number``."""
        positive, negative = self._magnitudes(number, w)
        high = (positive * x.max_raw - negative * x.min_raw).max()
        low = (positive * x.min_raw - negative * x.max_raw).min()
        return math.ceil(math.log2(max(high + 1, -low, 1))) + 1

    def _compute_magnitudes(self, number: int, w: QFormat) -> tuple[np.ndarray, np.ndarray]:
        """Sums of the positive and of the negative raw weights of each neuron, as magnitudes."""
        raw = w.quantise(self.network.layers[number - 1].weights).astype(np.float64)
        return np.maximum(raw, 0).sum(axis=0), np.maximum(-raw, 0).sum(axis=0)


def _memory(rows: int, bits: int) -> float:
    if rows == 1:
        return 0.0
    in_luts = math.ceil(rows / 64) * bits
    blocks = math.ceil(rows / 1024) * math.ceil(bits / 18) / 2
    return min(in_luts, blocks * BRAM36_LUTS)


def _multiply_accumulate(x: QFormat, w: QFormat, sum_width: int) -> float:
    signed_x = x.width + (not x.signed)
    wide, narrow, accumulator = _DSP_WIDTHS
    in_luts = x.width * w.width + sum_width
    whole = DSP_LUTS * math.ceil(signed_x / narrow) * math.ceil(w.width / wide)
    packs = signed_x <= narrow and w.width + sum_width <= wide and 2 * sum_width <= accumulator
    half = DSP_LUTS / 2 + 1 if packs else math.inf
    return min(in_luts, whole, half)


def _saturation(width: int, into: int) -> float:
    return into + 1 if width > into else 0.0


def _activation(name: str, input: QFormat, output: QFormat) -> float:
    if is_exact(name):
        return float(output.width)
    in_table = output.width * 2.0 ** max(input.width - 6, 0)
    offset = max(input.width - 3, 0)
    piecewise_linear = (offset + 2) * (output.width + 2) + 3 * output.width
    return min(in_table, piecewise_linear)
