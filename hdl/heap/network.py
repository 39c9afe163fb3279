"""The network of LUTs of a chain of dense layers."""

from collections.abc import Sequence

import numpy as np

from build_decoder.hdl.heap.accumulate import accumulated
from build_decoder.hdl.heap.compressors import Compressors
from build_decoder.hdl.heap.graph import Graph
from build_decoder.hdl.heap.heap import Heap, Heaps
from build_decoder.hdl.heap.number import Number
from build_decoder.hdl.heap.planes import plane_bits
from build_decoder.hdl.heap.steps import StepFunction, functions_of
from build_decoder.hdl.heap.tables import function
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat

__all__ = ["MOST_UPPER_BITS", "bits_of", "network_of", "values_of"]

MOST_UPPER_BITS = 16
"""Most bits of a sum that a table takes."""


def network_of(layers: Sequence[Dense], compressors: Compressors, planes: int = 1) -> Graph:
    """The graph from the bits of all inputs to those of all outputs, each least bit first.

    Of several planes, the inputs are the bits of one, as :mod:`hdl.heap.planes` has them.

    Raises
    ------
    ValueError
        If a layer's sums or outputs have too many codes, or inputs cannot come in so many planes.
    """
    first = layers[0]
    width = plane_bits(first.input.width, planes)
    graph = Graph(first.input_count * width)
    if planes == 1:
        numbers = [
            Number(n, tuple(2 * (1 + n * width + bit) for bit in range(width)), first.input.signed)
            for n in range(first.input_count)
        ]
        base, weights = np.zeros(first.input_count, np.int64), first.weights
    else:
        numbers, base = accumulated(graph, first, planes, compressors)
        weights = np.eye(first.units, dtype=np.int64)
    for number, layer in enumerate(layers, start=1):
        last = number == len(layers)
        if number > 1:
            weights = layer.weights
        try:
            units = _units(graph, layer, weights, numbers, base, compressors, last)
        except ValueError as error:
            place = f"dense layer {number}: " if len(layers) > 1 else ""
            raise ValueError(f"{place}{error}") from None
        if last:
            graph.finish([literal for unit, _ in units for literal in unit[0].bits])
            return graph
        numbers = [number for unit, _ in units for number in unit]
        base = np.array([least for _, least in units], np.int64)
    raise ValueError("expected at least 1 layer, got none")


def _units(
    graph: Graph,
    layer: Dense,
    weights: np.ndarray,
    numbers: Sequence[Number],
    base: np.ndarray,
    compressors: Compressors,
    last: bool,
) -> list[tuple[list[Number], int]]:
    """What each unit gives: numbers, and what is added to their sum.

    Parameters
    ----------
    weights, numbers, base
        Of what its sums of products consist: weights multiply numbers and their base, added up.
    last
        Whether each gives one number, all bits of its output.
    """
    # Numbers that no weight multiplies are none.
    numbers = [number for number in numbers if weights[number.source].any()]
    constants = base @ weights
    functions = functions_of(layer)
    if not numbers:
        return [
            _constant(unit, int(step.of(constants[unit : unit + 1])[0]), layer.output, last)
            for unit, step in enumerate(functions)
        ]
    sources = [number.source for number in numbers]
    factors = np.array([number.factor for number in numbers])
    heaps = Heaps(graph, numbers, weights[sources] * factors[:, None], compressors)
    makes = [
        _Unit(graph, heaps, heaps.of(unit), step.shifted(int(constants[unit])), unit, layer.output)
        for unit, step in enumerate(functions)
    ]
    return [make.bits() if last else make.steps_or_bits() for make in makes]


def _constant(unit: int, code: int, format: QFormat, last: bool) -> tuple[list[Number], int]:
    if not last:
        return [], code
    bits = tuple(code >> bit & 1 for bit in range(format.width))
    return [Number(unit, bits, format.signed)], 0


class _Unit:
    """A unit: its heap, and what becomes of the sum."""

    def __init__(
        self,
        graph: Graph,
        heaps: Heaps,
        heap: Heap,
        step: StepFunction,
        unit: int,
        output: QFormat,
    ):
        self.graph, self.heaps, self.heap = graph, heaps, heap
        self.unit, self.output = unit, output
        if heap.sign < 0:
            step = step.negated()
        # A sum is that of the bits and the constant.
        self.step = step.shifted(heap.constant)

    def steps_or_bits(self) -> tuple[list[Number], int]:
        """Bits that tell which thresholds are reached, or those of the output where these are
        fewer LUTs."""
        thresholds = self.step.thresholds
        if len(thresholds) > self.output.width + 1:
            return self.bits()
        return self._steps(), int(self.step.codes[0])

    def bits(self) -> tuple[list[Number], int]:
        """All bits of the output."""
        width = self.output.width
        encoded = len(self.step.thresholds) <= self.heaps.compressors.lut_inputs
        literals = self._encoded(width) if encoded else self._looked_up(width)
        return [Number(self.unit, tuple(literals), self.output.signed)], 0

    def _sum(self, more: int = 0) -> list[int]:
        """Literals of the sum of the bits, and of a constant that is added to it."""
        most = self.heaps.most(self.heap, more)
        self.heap.put_constant(more)
        self.heaps.compress(self.heap, most)
        return self.heaps.add(self.heap)

    def _reached(self) -> list[tuple[int, int]]:
        """For each threshold, whether it is reached and the step."""
        bits = self._sum()
        return [
            (self.heaps.at_least(bits, threshold), step)
            for threshold, step in self.step.thresholds
        ]

    def _steps(self) -> list[Number]:
        return [Number(self.unit, (bit,), factor=step) for bit, step in self._reached()]

    def _encoded(self, width: int) -> list[int]:
        """Bits of the output by the thresholds that are reached."""
        reached = self._reached()
        entries = np.arange(1 << len(reached))
        codes = np.full(len(entries), self.step.codes[0])
        for place, (_, step) in enumerate(reached):
            codes += (entries >> place & 1) * step
        return self._tables([bit for bit, _ in reached], codes, width)

    def _looked_up(self, width: int) -> list[int]:
        """Bits of the output by the upper bits of the sum."""
        step = self.step
        bits = self._sum(step.offset % (1 << step.dropped))[step.dropped :]
        if len(bits) > MOST_UPPER_BITS:
            raise ValueError(
                f"expected at most {MOST_UPPER_BITS} bits of a sum that are not dropped, got "
                f"{len(bits)}"
            )
        place = np.arange(1 << len(bits)) + (step.offset >> step.dropped) - step.first
        return self._tables(bits, step.codes[place.clip(0, len(step.codes) - 1)], width)

    def _tables(self, bits: list[int], codes: np.ndarray, width: int) -> list[int]:
        inputs = self.heaps.compressors.lut_inputs
        return [
            function(self.graph, bits, (codes >> bit & 1).astype(bool), inputs)
            for bit in range(width)
        ]


def bits_of(raw: np.ndarray, width: int) -> np.ndarray:
    """Bits, uint8 (frames, values * width), each value's least first, of raw (frames, values)."""
    bits = raw.astype(np.int64)[..., None] >> np.arange(width) & 1
    return bits.reshape(len(raw), -1).astype(np.uint8)


def values_of(bits: np.ndarray, format: QFormat) -> np.ndarray:
    """Raw int64 (frames, values) of bits as :func:`bits_of` has them."""
    parts = bits.reshape(len(bits), -1, format.width).astype(np.int64)
    raw = (parts << np.arange(format.width)).sum(axis=-1)
    return raw - (raw >> (format.width - 1) << format.width) if format.signed else raw
