"""Random small networks: integer models, foldings and frames that go to extremes."""

from dataclasses import dataclass, replace

import numpy as np

from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.layers.dense.plan import DensePlan, dense_layers, dense_plans
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.fits import fits_select, packs
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models import activations as float_activations
from build_decoder.quant.activations import integer_activation, is_exact
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.ranged import Ranged
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.float_codes import float_frames

__all__ = [
    "PROBES",
    "RandomNetwork",
    "random_format",
    "random_frames",
    "random_layer",
    "random_multipliers",
    "random_network",
    "random_width",
    "with_hardware",
    "writable_network",
]

_MAX_LAYERS = 4
_MAX_WIDTH = 40
PROBES = 32
"""Samples that layers are drawn for."""

_DRAWS = 24
_GREATEST_OUTPUT = 2.0**12
_MAX_MULTIPLIERS = 128
"""Of a layer, so that simulators compile a network in seconds; a smaller layer may be unrolled."""


@dataclass(frozen=True)
class RandomNetwork:
    """An integer model, with a folding and multipliers for each of its dense layers, and whether
    their products are pipelined."""

    model: IntegerModel
    foldings: tuple[Folding, ...]
    multipliers: tuple[Multipliers, ...]
    pipelined: tuple[bool, ...]
    reloadable: bool = False

    @property
    def plan(self) -> DecoderPlan:
        """The decoder's plan."""
        names = (n.name for n in self.model.nodes if isinstance(n.layer, DenseShape))
        kinds = zip(names, self.foldings, self.multipliers, self.pipelined, strict=True)
        choices = {
            name: {"folding": folding, "multipliers": units, "pipelined_products": pipelined}
            for name, folding, units, pipelined in kinds
        }
        return DecoderPlan.chosen(self.model, choices, reloadable=self.reloadable)

    def __str__(self):
        layers = ", ".join(
            f"{type(layer.activation).__name__} "
            f"{folding.inputs_per_cycle}x{folding.outputs_per_cycle} "
            f"({units.packed} packed, {units.dsp} dsp, {units.select} select, {units.lut} lut"
            f"{', pipelined' * pipelined}) "
            f"{layer.weight} -> {layer.accumulator} -> {layer.sum} -> {layer.output}"
            for layer, folding, units, pipelined in zip(
                dense_layers(self.model), self.foldings, self.multipliers, self.pipelined,
                strict=True,
            )
        )
        return f"{self.model.topology} of {self.model.input_format}: {layers}"


def random_network(random: np.random.Generator, *, name: str = "random") -> RandomNetwork:
    """A network of 1 to 4 layers, 1 to 40 wide, with every activation, format and folding.

    Formats include one bit, unsigned, no integer bits and more fraction than width; accumulators
    and sums are at times so narrow that they saturate. Weights and biases are random, or at their
    extremes: all greatest, all least, alternating, or zero. Most networks pass on what they are
    given: a layer whose outputs hardly depend on its inputs is drawn again, a few times.
    """
    widths = [random_width(random) for _ in range(random.integers(2, _MAX_LAYERS + 2))]
    layers = []
    format = random_format(random)
    x = random.integers(format.min_raw, format.max_raw, (PROBES, widths[0]), endpoint=True)
    for units in widths[1:]:
        layer, x = random_layer(random, format, x, units)
        layers.append(layer)
        format = layer.output
    return with_hardware(random, IntegerModel.chain(name, tuple(layers)))


def writable_network(random: np.random.Generator) -> RandomNetwork:
    """A random network whose weights are written at run time: any at all, or some of them."""
    model = random_network(random).model
    nodes = []
    for node in model.nodes:
        layer = node.layer
        reach = Reach.any(layer.weight, layer.input_count)
        if random.random() < 0.5:
            weights = layer.arrays["weights"]
            reach = Reach.of(weights.positive, weights.negative).times(2).within(reach)
        nodes.append(replace(node, layer=replace(layer, reach=reach)))
    return with_hardware(random, replace(model, nodes=tuple(nodes)), reloadable=True)


def random_frames(
    random: np.random.Generator, model: IntegerModel, count: int
) -> np.ndarray:
    """Raw int64 inputs (count, input_count): extremes first, then random ones.

    Extremes are all greatest, all least, alternating, and what drives one neuron of the first
    layer, if that is a dense one of all inputs, as far up or down as its weights allow. In floating
    point they are those of :func:`sim.float_codes.float_frames`.
    """
    if isinstance(model.input_format, FloatFormat):
        ranges = [layer.range for layer in model.layers if isinstance(layer, Ranged)]
        greatest = ranges[0].greatest if ranges else 1.0
        return float_frames(random, model.input_format, greatest, (count, model.input_count))
    low, high = model.input_format.min_raw, model.input_format.max_raw
    shape = model.input_count
    even = np.arange(shape) % 2 == 0
    neuron = _driving(random, model)
    extremes = [
        np.full(shape, high),
        np.full(shape, low),
        np.where(neuron, high, low),
        np.where(neuron, low, high),
        np.where(even, high, low),
        np.where(even, low, high),
    ]
    frames = random.integers(low, high, size=(count, shape), endpoint=True)
    frames[1::3] = np.where(random.random(frames[1::3].shape) < 0.5, low, high)
    frames[: len(extremes)] = extremes[:count]
    return frames


def _driving(random: np.random.Generator, model: IntegerModel) -> np.ndarray:
    """Which inputs, bool (inputs,), a neuron has positive weights for; if none takes all, some."""
    dense = [layer for layer in dense_layers(model) if layer.input_count == model.input_count]
    if not dense:
        return random.random(model.input_count) < 0.5
    return dense[0].weights[:, random.integers(dense[0].units)] > 0


def random_layer(
    random: np.random.Generator, format: QFormat, x: np.ndarray, units: int
) -> tuple[Dense, np.ndarray]:
    """A dense layer, and its raw outputs for raw inputs ``x``, (samples, inputs) in ``format``.

    A layer whose outputs hardly depend on its inputs is drawn again, a few times.
    """
    for _ in range(_DRAWS):
        layer = _random_dense(random, format, x, units)
        y = layer.compute(x)
        if np.mean(np.ptp(y, axis=0) > 0) > 0.7:
            break
    return layer, y


def with_hardware(
    random: np.random.Generator, model: IntegerModel, *, reloadable: bool = False
) -> RandomNetwork:
    """The model with random foldings and multipliers."""
    foldings = tuple(_random_folding(random, layer) for layer in dense_layers(model))
    plans = dense_plans(model, foldings)
    if reloadable:
        plans = [plan.reloadable_too() for plan in plans]
    multipliers = tuple(random_multipliers(random, plan) for plan in plans)
    pipelined = tuple(not units.select and random.random() < 0.3 for units in multipliers)
    return RandomNetwork(model, foldings, multipliers, pipelined, reloadable)


def random_width(random: np.random.Generator) -> int:
    """A number of values, most often a small one."""
    return int(random.integers(1, random.choice((4, 12, _MAX_WIDTH)), endpoint=True))


def random_format(random: np.random.Generator, *, most: int = 10) -> QFormat:
    """A format of 1 to ``most`` bits, for values of any size."""
    bits = _random_bits(random, most)
    # At times steps greater than one, or nothing but small fractions.
    integer = int(random.choice((-3, random.integers(0, 6), random.integers(0, 6), bits + 2)))
    return QFormat(integer, bits - integer, bool(random.random() < 0.7))


def _random_bits(random, most: int) -> int:
    """1 to ``most`` bits, more often many than few."""
    return int(random.integers(1, most, size=3, endpoint=True).max())


def _random_dense(random, format: QFormat, x: np.ndarray, units: int) -> Dense:
    """A layer with formats around what it needs for inputs ``x``, raw (samples, inputs)."""
    weight = random_format(random, most=int(random.choice((2, 10))))
    weights = _random_values(random, weight, (x.shape[1], units))
    exact = x @ weights
    fraction = format.fraction + weight.fraction
    needed = QFormat.for_raw_range(int(exact.min()), int(exact.max()), fraction=fraction)
    accumulator = _around(random, needed, most=30)
    if accumulator.fraction > fraction:
        accumulator = QFormat(accumulator.integer + accumulator.fraction - fraction, fraction)
    bias = _around(random, accumulator, most=14)
    activation = float_activations.get(str(random.choice(float_activations.names())))
    # Tables of coefficients grow with these bits, and with them the time that Yosys takes.
    tabulated = not is_exact(activation.name)
    sum = _around(random, accumulator, most=10 if tabulated else 14)
    ends = activation.function(sum.to_real([sum.min_raw, sum.max_raw]))
    # exp() goes beyond any format.
    ends = np.clip(ends, -_GREATEST_OUTPUT, _GREATEST_OUTPUT)
    bits = _random_bits(random, 8 if tabulated else 12)
    signed = bool(ends.min() < 0)
    integer = int(np.frexp(np.abs(ends).max())[1]) + signed
    needed = QFormat(integer, bits - integer, signed)
    return Dense(
        input=format,
        weight=weight,
        accumulator=accumulator,
        bias=bias,
        weights=weights,
        biases=_random_values(random, bias, (1, units))[0],
        activation=integer_activation(activation.name, sum, _around(random, needed, most=bits)),
    )


def _around(random, format: QFormat, *, most: int) -> QFormat:
    """A format of 1 to ``most`` bits for values of ``format``, often a little off.

    Where bits must go, they go at the fraction's end; an integer bit too few makes it saturate.
    """
    integer = format.integer + int(random.choice((-2, -1, 0, 0, 0, 0, 0, 1)))
    fraction = format.fraction + int(random.choice((-3, -1, 0, 0, 0, 1)))
    width = min(max(integer + fraction, int(random.integers(1, 4))), most)
    signed = format.signed ^ bool(random.random() < 0.1)
    return QFormat(integer, width - integer, signed)


def _random_values(random, format: QFormat, shape: tuple[int, int]) -> np.ndarray:
    low, high = format.min_raw, format.max_raw
    kind = random.integers(8)
    if kind == 0:
        return np.full(shape, high)
    if kind == 1:
        return np.full(shape, low)
    if kind == 2:
        return np.where(np.indices(shape).sum(axis=0) % 2 == 0, high, low)
    if kind == 3:
        return np.zeros(shape, dtype=np.int64)
    if kind == 4:
        return np.where(random.random(shape) < 0.5, low, high)
    return random.integers(low, high, size=shape, endpoint=True)


def _random_folding(random, layer: Dense) -> Folding:
    def part(count: int, limit: int) -> int:
        count = min(count, limit)
        return int(random.choice((1, random.integers(1, count, endpoint=True), count)))

    if layer.weight.width <= 2 and random.random() < 0.8:
        # What selection of products needs.
        return Folding(1, layer.units)
    inputs = part(layer.input_count, _MAX_MULTIPLIERS)
    return Folding(inputs, part(layer.units, _MAX_MULTIPLIERS // inputs))


def random_multipliers(random, plan: DensePlan) -> Multipliers:
    """Any number of each kind; selecting and packed ones only where they are exact."""
    inputs = plan.folding.inputs_per_cycle
    select = _random_part(random, plan.neurons) if fits_select(plan) else 0
    left = plan.neurons - select
    packed = _random_part(random, inputs * (left // 2)) if packs(plan, DEFAULT.dsp) else 0
    left = inputs * left - 2 * packed
    dsp = _random_part(random, left)
    return Multipliers(packed=packed, dsp=dsp, lut=left - dsp, select=select)


def _random_part(random, count: int) -> int:
    """None, all, or some of ``count``."""
    return int(random.choice((0, random.integers(0, count, endpoint=True), count)))
