"""Random decoders like trained ones: what the area model is fitted to and tested on."""

from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.plan import DensePlan, dense_plans
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.fits import fits_select, packs
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models import activations as float_activations
from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network
from build_decoder.quant.formats import NetworkFormats, NodeKey, integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges

__all__ = ["RandomDesign", "random_design"]

_SAMPLES = 64
_DRAWS = 50
_MAX_PRODUCTS = 48
_MAX_PRODUCT_BITS = 600
"""Of a layer in LUTs, operand bits by operand bits, so that Yosys takes seconds."""

_WIDTHS = {
    "input": (1, 10), "weight": (1, 10), "accumulator": (2, 14), "bias": (1, 10), "sum": (2, 10),
    "output": (1, 8),
}


@dataclass(frozen=True)
class RandomDesign:
    """A network in floats, formats, and how each layer is built."""

    network: Network
    formats: NetworkFormats
    foldings: tuple[Folding, ...]
    multipliers: tuple[Multipliers, ...]

    @property
    def plan(self) -> DecoderPlan:
        """The decoder's plan."""
        model = integer_model(self.network, self.formats)
        return DecoderPlan.of(model, self.foldings, self.multipliers)

    def __str__(self):
        foldings = " ".join(f"{f.inputs_per_cycle}x{f.outputs_per_cycle}" for f in self.foldings)
        return f"{self.network.topology} {foldings}"


def random_design(seed: int, family: Family) -> RandomDesign:
    """1 to 3 layers of 8 to 800 inputs and 2 to 64 units, with weights as training leaves them.

    Integer bits are those that random inputs need, widths are random, often narrow.
    """
    random = np.random.default_rng([seed, 0xA2EA])
    while True:
        network, x = _random_network(random, f"random_{seed}")
        perfect = analyse_ranges(network, x)
        for _ in range(_DRAWS):
            formats = {key: _narrowed(random, key, format) for key, format in perfect.items()}
            try:
                model = integer_model(network, formats)
            except ValueError:
                # Values too far apart for any format.
                continue
            if _is_alive(model, x):
                return _folded(random, network, formats, model, family)


def _random_network(random, name: str) -> tuple[Network, np.ndarray]:
    count = int(random.choice((1, 2, 3), p=(0.35, 0.35, 0.3)))
    widths = [_log_uniform(random, 8, 800)]
    for _ in range(count - 1):
        # Later layers are the smaller ones.
        widths.append(_log_uniform(random, 4, min(max(widths[-1] // 2, 8), 64)))
    widths.append(_log_uniform(random, 2, 12 if count > 1 else 48))
    layers = [_random_layer(random, *pair) for pair in zip(widths, widths[1:], strict=False)]
    x = random.integers(0, 16, (_SAMPLES, widths[0])) / 4.0
    if random.random() < 0.4:
        x = x - 2.0
    return Network.chain(name, widths[0], layers), x


def _folded(
    random, network: Network, formats: NetworkFormats, model: IntegerModel, family: Family
) -> RandomDesign:
    foldings = tuple(
        _random_folding(random, layer.input_count, layer.units) for layer in model.layers
    )
    plans = dense_plans(model, foldings)
    multipliers = tuple(_random_multipliers(random, plan, family) for plan in plans)
    return RandomDesign(network, formats, foldings, multipliers)


def _is_alive(model: IntegerModel, x: np.ndarray) -> bool:
    """Whether most neurons of each layer depend on the inputs; synthesis removes what does not."""
    x = model.input_format.quantise(x)
    for layer in model.layers:
        x = layer.compute(x)
        if np.mean(np.ptp(x, axis=0) > 0) < 0.8 or np.mean(layer.weights != 0) < 0.2:
            return False
    return True


def _log_uniform(random, low: int, high: int) -> int:
    return round(float(np.exp(random.uniform(np.log(low), np.log(high)))))


def _random_layer(random, inputs: int, units: int) -> tuple[Dense, dict[str, np.ndarray]]:
    """Weights near zero in the main, and zero in parts, as trained and regularised ones are."""
    scale = 2.0 / np.sqrt(inputs)
    draw = random.laplace if random.random() < 0.3 else random.normal
    weights = draw(0.0, scale, (inputs, units))
    if random.random() < 0.5:
        weights *= random.random(weights.shape) < random.uniform(0.3, 1.0)
    activation = str(random.choice(float_activations.names()))
    bias = random.normal(0.0, 1.0, units)
    return Dense(units, activation), {"weights": weights, "bias": bias}


def _narrowed(random, key: NodeKey, perfect: QFormat) -> QFormat:
    low, high = _WIDTHS[key.role]
    # More often narrow: of two draws, the lesser.
    width = int(random.integers(low, high, size=2, endpoint=True).min())
    if random.random() < 0.3:
        width = int(random.integers(low, high, endpoint=True))
    integer = perfect.integer - int(random.choice((0, 0, 1)))
    return QFormat(integer, width - integer, perfect.signed)


def _random_folding(random, inputs: int, units: int) -> Folding:
    wide = int(random.choice((1, 2, 4, 8), p=(0.6, 0.16, 0.14, 0.1)))
    wide = min(wide, inputs)
    outputs = units
    if random.random() < 0.4:
        outputs = int(random.integers(1, units, endpoint=True))
    return Folding(wide, max(1, min(outputs, _MAX_PRODUCTS // wide)))


def _random_multipliers(random, plan: DensePlan, family: Family) -> Multipliers:
    """Those that a decoder is built with by default, or some of each kind."""
    p, inputs = plan.parameters, plan.folding.inputs_per_cycle
    if random.random() < 0.4:
        return choose_multipliers([plan], family=family)[0]
    products = inputs * plan.neurons
    pairs = inputs * (plan.neurons // 2) if packs(plan, family.dsp) else 0
    most_luts = max(_MAX_PRODUCT_BITS // (p.input.width * p.weight.width), 1)
    packed = int(random.choice((0, random.integers(0, pairs, endpoint=True), pairs)))
    left = products - 2 * packed
    lut = int(random.choice((0, random.integers(0, left, endpoint=True), left, left)))
    lut = min(lut, most_luts)
    if plan.constant_weights or not family.dsp.makes(p.weight, p.input):
        return Multipliers(lut=products)
    if fits_select(plan) and random.random() < 0.7:
        return Multipliers(packed=packed, dsp=left - lut, select=lut)
    return Multipliers(packed=packed, dsp=left - lut, lut=lut)
