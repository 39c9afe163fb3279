"""Cost of formats in hardware: AHEAD's Equation 6, with the cost functions c_k of an FPGA."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.planning.area import (
    DSP_LUTS,
    Area,
    BiasCounts,
    DenseShape,
    PackerShape,
    WeightCounts,
    area_of,
    dense_shape,
    product_luts,
    select_luts,
)
from build_decoder.hdl.planning.dsp_packing import DspPacking
from build_decoder.models.network import Network
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey
from build_decoder.quant.layers.dense import NODES
from build_decoder.quant.qformat import QFormat

__all__ = ["AreaCost"]

_DSP_WIDTHS = (25, 18, 48)
"""Operands and accumulator of a DSP48E1, all signed."""

_SELECTED = (-2, 1)
"""Least and greatest weight of which products can be selected in an accumulator's LUTs."""


class AreaCost:
    """LUTs + 50 DSPs + 100 RAMB36 of a decoder on a 7-series FPGA, by :mod:`hdl.planning.area`.

    Lanes, packers and what is double-buffered are those of a ``DecoderPlan``. The products of a
    layer are made in what costs least: DSP blocks, two products a block where that fits, LUTs, or
    the LUTs of the accumulators where weights are narrow.

    Parameters
    ----------
    network
        The network in floats.
    foldings
        (inputs, outputs) a cycle of each layer; default: one input into all neurons.
    """

    def __init__(
        self,
        network: Network,
        foldings: Sequence[tuple[int, int]] | None = None,
    ):
        self.network = network
        self.foldings = [
            (inputs, min(outputs, layer.output_count))
            for (inputs, outputs), layer in zip(
                foldings or [(1, layer.output_count) for layer in network.layers],
                network.layers,
                strict=True,
            )
        ]
        self._wanted = [inputs for inputs, _ in self.foldings[1:]] + [1]
        self._lanes = [
            wide if outputs >= layer.output_count or not outputs % wide else 1
            for (_, outputs), wide, layer in zip(
                self.foldings, self._wanted, network.layers, strict=True
            )
        ]
        self._double_buffered = self._choose_buffers()
        self._weights = lru_cache(256)(self._count_weights)
        self._biases = lru_cache(1024)(self._count_biases)
        self._activations = lru_cache(4096)(
            lambda *formats: activation_plan(integer_activation(*formats)).shape
        )
        self._layers = lru_cache(16384)(self._area_of_layer)

    def __call__(self, formats: NetworkFormats) -> float:
        return self.area(formats).cost

    def area(self, formats: NetworkFormats) -> Area:
        """Estimated area of the whole decoder."""
        layers = range(1, len(self.network.layers) + 1)
        return sum((self.layer(number, formats) for number in layers), Area())

    def layer(self, number: int, formats: NetworkFormats) -> Area:
        """Estimated area of one layer, counted from 1, and of a packer behind it."""
        return self._layers(number, *self._nodes(number, formats))

    def shape(self, number: int, formats: NetworkFormats) -> DenseShape:
        """What decides the area of one layer, counted from 1."""
        return self._shape(number, *self._nodes(number, formats))

    def _nodes(self, number: int, formats: NetworkFormats) -> list[QFormat]:
        """Formats of a layer's six nodes."""
        name = self.network.nodes[number - 1].name
        before = self.network.nodes[number - 2].name if number > 1 else None
        first = NodeKey(self.network.inputs[0].name, INPUT)
        source = NodeKey(before, "output") if before else first
        own = (formats[NodeKey(name, node)] for node in NODES if node != INPUT)
        return [formats[source], *own]

    def _choose_buffers(self) -> list[bool]:
        """Which layers capture their sums: those that would hold up frames otherwise."""
        captured, waiting = (
            [
                _frame_cycles(layer.input_count, layer.output_count, folding, lanes, buffered)
                for layer, folding, lanes in zip(
                    self.network.layers, self.foldings, self._lanes, strict=True
                )
            ]
            for buffered in (True, False)
        )
        return [cycles > max(captured) for cycles in waiting]

    def _area_of_layer(self, number: int, *nodes: QFormat) -> Area:
        area = area_of(self._shape(number, *nodes))
        lanes, wanted = self._lanes[number - 1], self._wanted[number - 1]
        if lanes != wanted:
            count = self.network.layers[number - 1].output_count
            area += area_of(PackerShape(nodes[-1].width, wanted, count))
        return area

    def _shape(self, number: int, x, w, accumulator, bias, total, output) -> DenseShape:
        layer = self.network.layers[number - 1]
        # As quant.formats.integer_layer has it.
        fraction = min(accumulator.fraction, x.fraction + w.fraction)
        accumulator = QFormat(max(accumulator.integer, 1 - fraction), fraction, accumulator.signed)
        counted = self._weights(number, w)
        dropped = x.fraction + w.fraction - fraction
        exact = QFormat.for_raw_range(
            int((counted.positive * x.min_raw - counted.negative * x.max_raw).min()),
            int((counted.positive * x.max_raw - counted.negative * x.min_raw).max())
            + (1 << dropped >> 1),
            fraction=x.fraction + w.fraction,
        )
        aligned = max(fraction, bias.fraction)
        shift = aligned - fraction
        half = 1 << (aligned - total.fraction) >> 1 if aligned > total.fraction else 0
        biases, low, high = self._biases(number, bias, aligned - bias.fraction, half)
        biased = QFormat.for_raw_range(
            (accumulator.min_raw << shift) + low,
            (accumulator.max_raw << shift) + high,
            fraction=aligned,
        )
        return dense_shape(
            folding=self.foldings[number - 1],
            lanes=self._lanes[number - 1],
            double_buffered=self._double_buffered[number - 1],
            input=x,
            weight=w,
            exact=exact,
            accumulator=accumulator,
            biased=biased,
            total=total,
            output=output,
            weights=counted.counts,
            biases=biases,
            activation=self._activations(layer.activation, total, output),
            **self._multipliers(number, x, w, exact.width, counted),
        )

    def _multipliers(self, number: int, x, w, exact: int, counted: "_Weights") -> dict[str, int]:
        """Units by kind, those of least cost for the products of a cycle."""
        inputs, neurons = self.foldings[number - 1]
        layer = self.network.layers[number - 1]
        accumulates = inputs == 1
        once = neurons == layer.output_count
        products = inputs * neurons
        constant = once and inputs >= layer.input_count
        if counted.selected and accumulates and once and not constant:
            luts, kind = select_luts(exact), "select"
        else:
            luts, kind = product_luts(x, w, exact, accumulates=accumulates), "lut"
        pairs = 0
        unit = exact if accumulates else x.width + w.width + (not x.signed and not w.signed)
        if not constant and 2 * luts > DSP_LUTS and neurons > 1 and counted.packs(unit, x):
            pairs = inputs * (neurons // 2)
        left = products - 2 * pairs
        if luts > DSP_LUTS and not constant:
            return {"packed": pairs, "dsp": left}
        return {"packed": pairs, kind: left}

    def _count_biases(self, number: int, bias: QFormat, shift: int, half: int):
        """Counts of a layer's stored biases, the least and the greatest."""
        stored = (bias.quantise(self.network.layers[number - 1].bias) << shift) + half
        counts = BiasCounts.of(stored, self._lanes[number - 1])
        return counts, int(stored.min()), int(stored.max())

    def _count_weights(self, number: int, w: QFormat) -> "_Weights":
        raw = w.quantise(self.network.layers[number - 1].weights)
        return _Weights.of(raw, w, self.foldings[number - 1])


@dataclass(frozen=True)
class _Weights:
    """What of a layer's raw weights decides its area.

    Parameters
    ----------
    format
        Of the weights.
    counts
        Counts of them.
    positive, negative
        Sums of the positive and of the negative ones of each neuron, as magnitudes.
    selected
        Whether products can be selected in an accumulator's LUTs, as far as weights decide it.
    operand_width
        Bits of the operand of two weights in one DSP block, for a width of the low field.
    """

    format: QFormat
    counts: WeightCounts
    positive: np.ndarray
    negative: np.ndarray
    selected: bool
    operand_width: Callable[[int], int]

    @classmethod
    def of(cls, raw: np.ndarray, format: QFormat, folding: tuple[int, int]) -> "_Weights":
        """What ``raw``, int64 (inputs, units), are in ``format`` with ``folding``."""
        neurons = folding[1]
        pairs = neurons // 2 * 2
        slots = np.arange(raw.shape[1]) % neurons
        low = raw[:, (slots < pairs) & (slots % 2 == 0)]
        high = raw[:, (slots < pairs) & (slots % 2 == 1)]
        low = low[:, : high.shape[1]]
        least, greatest = _SELECTED
        return cls(
            format,
            WeightCounts.of(raw, format.width, folding),
            np.maximum(raw, 0).sum(axis=0),
            np.maximum(-raw, 0).sum(axis=0),
            bool(raw.min() >= least and raw.max() <= greatest),
            lru_cache(64)(lambda field: DspPacking(field).operand_width(low, high)),
        )

    def packs(self, unit: int, x: QFormat) -> bool:
        """Whether two products with ``x``, in sums of ``unit`` bits, fit a DSP block."""
        wide, narrow, accumulator = _DSP_WIDTHS
        signed_weight = self.format.width + (not self.format.signed)
        signed_x = x.width + (not x.signed)
        return (
            2 * unit <= accumulator
            and signed_x <= narrow
            and signed_weight + unit <= wide
            and self.operand_width(unit) <= wide
        )


def _frame_cycles(
    inputs: int, units: int, folding: tuple[int, int], lanes: int, double_buffered: bool
) -> int:
    """Interval of frames of a layer alone; that of a ``DensePlan``."""
    beats, passes = math.ceil(inputs / folding[0]), math.ceil(units / folding[1])
    in_pass, in_frame = math.ceil(folding[1] / lanes), math.ceil(units / lanes)
    latency = 2 + (folding[0] - 1).bit_length() + double_buffered
    groups = [in_pass] * (passes - 1) + [in_frame - in_pass * (passes - 1)]
    if double_buffered:
        return sum(max(beats, latency + count) for count in groups)
    return sum(latency + count + beats - 1 for count in groups)
