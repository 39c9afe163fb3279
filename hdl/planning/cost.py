"""Cost of formats in hardware: AHEAD's Equation 6, with the cost functions c_k of an FPGA."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.control import DenseControl
from build_decoder.hdl.planning.area import (
    Area,
    BiasCounts,
    DenseFormats,
    DenseShape,
    PackerShape,
    WeightCounts,
    area_of,
    block_luts,
    dense_shape,
    product_luts,
    select_luts,
)
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.dsp_packing import DspPacking
from build_decoder.hdl.planning.fits import SELECT_WEIGHT_BITS
from build_decoder.hdl.planning.folding import Folding, lanes_between
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.unstalled import times_of
from build_decoder.models.network import Network
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey
from build_decoder.quant.layers.dense import NODES
from build_decoder.quant.qformat import QFormat

__all__ = ["AreaCost"]


@dataclass(frozen=True)
class _Control(DenseControl):
    """Control of a layer of which formats are not known yet."""

    input_count: int
    units: int
    folding: Folding
    lanes: int
    double_buffered: bool = True
    drain_latency: int = 1
    """An activation's latency follows from formats, and decides no interval."""
    reloadable: bool = False

    @cached_property
    def interval(self) -> int:
        """Cycles between back-to-back frames of the layer by itself."""
        return times_of(self.actors).interval


class AreaCost:
    """Cost of a decoder on an FPGA of a family, by :mod:`hdl.planning.area`.

    Lanes, packers and what is double-buffered are those of a ``DecoderPlan``. The products of a
    layer are made in what costs least: DSP blocks, two products a block where that fits, LUTs, or
    the LUTs of the accumulators where weights are narrow.

    Parameters
    ----------
    network
        The network in floats.
    family
        The FPGA family that the decoder is built for.
    foldings
        (inputs, outputs) a cycle of each layer; default: one input into all neurons.
    """

    def __init__(
        self,
        network: Network,
        family: Family,
        foldings: Sequence[tuple[int, int]] | None = None,
    ):
        self.network = network
        self.family = family
        folded = [Folding(*pair) for pair in foldings or []]
        folded = folded or [Folding(1, layer.output_count) for layer in network.layers]
        self._wanted = [folding.inputs_per_cycle for folding in folded[1:]] + [1]
        self._controls = [
            _Control(
                layer.input_count,
                layer.output_count,
                folding,
                lanes_between(layer.output_count, folding, wide),
            )
            for layer, folding, wide in zip(network.layers, folded, self._wanted, strict=True)
        ]
        # As hdl.planning.decoder_plan has it: those that would hold up frames otherwise capture.
        interval = max(control.interval for control in self._controls)
        waiting = [replace(control, double_buffered=False) for control in self._controls]
        self._controls = [
            waits if waits.interval <= interval else control
            for control, waits in zip(self._controls, waiting, strict=True)
        ]
        self._keys = [self._keys_of(number) for number in range(len(network.nodes))]
        self._weights = lru_cache(256)(self._count_weights)
        self._biases = lru_cache(1024)(self._count_biases)
        self._activations = lru_cache(4096)(
            lambda *formats: activation_plan(integer_activation(*formats)).shape
        )
        self._products = lru_cache(4096)(self._exact_sums_and_units)
        self._layers = lru_cache(16384)(self._area_of_layer)

    def __call__(self, formats: NetworkFormats) -> float:
        return self.family.cost(self.area(formats))

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

    def _keys_of(self, number: int) -> list[NodeKey]:
        """A layer's six nodes, the layer counted from 0."""
        nodes = self.network.nodes
        first = NodeKey(self.network.inputs[0].name, INPUT)
        source = NodeKey(nodes[number - 1].name, "output") if number else first
        return [source, *(NodeKey(nodes[number].name, node) for node in NODES if node != INPUT)]

    def _nodes(self, number: int, formats: NetworkFormats) -> Iterator[QFormat]:
        """Formats of a layer's six nodes, the layer counted from 1."""
        return map(formats.__getitem__, self._keys[number - 1])

    def _area_of_layer(self, number: int, *nodes: QFormat) -> Area:
        area = area_of(self._shape(number, *nodes), self.family)
        control, wanted = self._controls[number - 1], self._wanted[number - 1]
        if control.lanes != wanted:
            area += area_of(PackerShape(nodes[-1].width, wanted, control.units), self.family)
        return area

    def _shape(self, number: int, x, w, accumulator, bias, total, output) -> DenseShape:
        layer, control = self.network.layers[number - 1], self._controls[number - 1]
        # As quant.formats.integer_layer has it.
        fraction = min(accumulator.fraction, x.fraction + w.fraction)
        accumulator = QFormat(max(accumulator.integer, 1 - fraction), fraction, accumulator.signed)
        exact, multipliers = self._products(number, x, w, fraction)
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
            DenseFormats(x, w, exact, accumulator, biased, total, output),
            control.folding,
            multipliers,
            lanes=control.lanes,
            double_buffered=control.double_buffered,
            weights=self._weights(number, w).counts,
            biases=biases,
            activation=self._activations(layer.activation, total, output),
        )

    def _exact_sums_and_units(
        self, number: int, x: QFormat, w: QFormat, fraction: int
    ) -> tuple[QFormat, Multipliers]:
        """Format of a layer's exact sums, of which an accumulator keeps ``fraction`` fraction bits,
        and units by kind."""
        counted = self._weights(number, w)
        products = x.fraction + w.fraction
        exact = QFormat.for_raw_range(
            int((counted.positive * x.min_raw - counted.negative * x.max_raw).min()),
            int((counted.positive * x.max_raw - counted.negative * x.min_raw).max())
            + (1 << (products - fraction) >> 1),
            fraction=products,
        )
        return exact, self._multipliers(number, x, w, exact.width, counted)

    def _multipliers(self, number: int, x, w, exact: int, counted: "_Weights") -> Multipliers:
        """Units by kind, those of least cost for the products of a cycle."""
        control, family = self._controls[number - 1], self.family
        inputs, accumulates = control.folding.inputs_per_cycle, control.units_accumulate
        products = inputs * control.neurons
        constant = control.constant_weights
        if counted.selected and accumulates and control.passes == 1 and not constant:
            luts, kind = select_luts(x.width, exact, family), "select"
        else:
            luts, kind = product_luts(x, w, exact, family, accumulates=accumulates), "lut"
        if constant or not family.dsp.makes(w, x):
            return Multipliers(**{kind: products})
        saved = luts - block_luts(exact, family, accumulates=accumulates)
        pairs = 0
        unit = exact if accumulates else x.width + w.width + (not x.signed and not w.signed)
        if 2 * saved > family.dsp_luts and control.neurons > 1 and counted.packs(unit, x):
            pairs = inputs * (control.neurons // 2)
        left = products - 2 * pairs
        return Multipliers(packed=pairs, **{"dsp" if saved > family.dsp_luts else kind: left})

    def _count_biases(self, number: int, bias: QFormat, shift: int, half: int):
        """Counts of a layer's stored biases, the least and the greatest."""
        stored = (bias.quantise(self.network.layers[number - 1].bias) << shift) + half
        counts = BiasCounts.of(stored, self._controls[number - 1].lanes)
        return counts, int(stored.min()), int(stored.max())

    def _count_weights(self, number: int, w: QFormat) -> "_Weights":
        raw = w.quantise(self.network.layers[number - 1].weights)
        return _Weights.of(raw, w, self._controls[number - 1], self.family)


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
    block
        The block.
    """

    format: QFormat
    counts: WeightCounts
    positive: np.ndarray
    negative: np.ndarray
    selected: bool
    operand_width: Callable[[int], int]
    block: DspBlock

    @classmethod
    def of(cls, raw: np.ndarray, format: QFormat, control: _Control, family: Family) -> "_Weights":
        """What ``raw``, int64 (inputs, units), are in ``format``."""
        neurons = control.neurons
        pairs = neurons // 2 * 2
        slots = np.arange(raw.shape[1]) % neurons
        low = raw[:, (slots < pairs) & (slots % 2 == 0)]
        high = raw[:, (slots < pairs) & (slots % 2 == 1)]
        low = low[:, : high.shape[1]]
        folding = (control.folding.inputs_per_cycle, neurons)
        half = 1 << SELECT_WEIGHT_BITS >> 1
        return cls(
            format,
            WeightCounts.of(raw, format.width, folding, family.memory),
            np.maximum(raw, 0).sum(axis=0),
            np.maximum(-raw, 0).sum(axis=0),
            bool(raw.min() >= -half and raw.max() < half),
            lru_cache(64)(lambda field: DspPacking(field).operand_width(low, high)),
            family.dsp,
        )

    def packs(self, unit: int, x: QFormat) -> bool:
        """Whether two products with ``x``, in sums of ``unit`` bits, fit a DSP block."""
        return self.block.fits_pairs(self.format, x, unit, self.operand_width)
