"""Random small decoders in floating point: formats, ranges, foldings and weights at extremes."""

from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models import activations as float_activations
from build_decoder.quant.activations import IntegerActivation, integer_activation, is_exact
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.float_codes import codes_near, finite_codes

__all__ = ["FloatNetwork", "random_floats"]

_NAMED = (FP16, BF16, FP32, FloatFormat(5, 2), FloatFormat(4, 3))
_MOST_LAYERS, _MOST_WIDTH = 3, 12
_MOST_SUM_BITS = 160
"""Wider sums take simulators long, and are drawn of few products only."""


@dataclass(frozen=True)
class FloatNetwork:
    """A model, and a folding and multipliers for each of its layers."""

    model: IntegerModel
    foldings: tuple[Folding, ...]
    multipliers: tuple[Multipliers, ...]

    @property
    def plan(self) -> DecoderPlan:
        """The decoder's plan."""
        return DecoderPlan.of(self.model, self.foldings, self.multipliers)

    def __str__(self):
        layers = ", ".join(
            f"{folding} ({units.dsp} dsp, {units.lut} lut) {layer.input} up to "
            f"{layer.range.greatest:g} by 2**{layer.least}, {layer.weight}, sums of "
            f"{layer.sums.total.width} bits -> {layer.output}"
            + (" rectified" if layer.rectified else "")
            + (f" by {type(layer.form).__name__}" if layer.form is not None else "")
            for layer, folding, units in zip(
                self.model.layers, self.foldings, self.multipliers, strict=True
            )
        )
        return f"{self.model.topology}: {layers}"


def random_floats(random: np.random.Generator, *, name: str = "random") -> FloatNetwork:
    """A network of 1 to 3 layers, 1 to 12 wide.

    Formats are well-known ones or any, at times others behind each other; inputs are taken whole or
    from a range, often a narrow one. Weights are near one, anything finite, or zero in part.
    """
    widths = [int(random.integers(1, _MOST_WIDTH, endpoint=True))
              for _ in range(random.integers(2, _MOST_LAYERS + 2))]
    layers, format = [], _format(random)
    for inputs, units in zip(widths, widths[1:], strict=False):
        output = format if random.random() < 0.7 else _format(random)
        layers.append(_layer(random, format, output, inputs, units))
        format = output
    foldings = tuple(
        Folding(_part(random, layer.input_count), _part(random, layer.units)) for layer in layers
    )
    multipliers = []
    for layer, folding in zip(layers, foldings, strict=True):
        products = folding.inputs_per_cycle * min(folding.outputs_per_cycle, layer.units)
        blocks = int(random.choice((0, random.integers(products, endpoint=True), products)))
        multipliers.append(Multipliers(dsp=blocks, lut=products - blocks))
    return FloatNetwork(IntegerModel.chain(name, layers), foldings, tuple(multipliers))


def _format(random) -> FloatFormat:
    if random.random() < 0.6:
        return _NAMED[random.integers(len(_NAMED))]
    exponent, fraction = int(random.integers(2, 9)), int(random.integers(1, 24))
    return FloatFormat(exponent, fraction, subnormals=bool(random.random() < 0.7))


def _layer(random, format: FloatFormat, output: FloatFormat, inputs: int, units: int) -> FloatDense:
    weight = format if random.random() < 0.8 else _format(random)
    while True:
        greatest, least = _range(random, format)
        end = random.integers(3)
        layer = FloatDense(
            input=format, weight=weight, output=output, greatest=greatest, least=least,
            weights=_weights(random, weight, (inputs, units)),
            biases=_weights(random, weight, (units,)), rectified=bool(end == 0),
            form=_form(random) if end == 1 else None,
        )  # fmt: skip
        if layer.sums.total.width <= _MOST_SUM_BITS or inputs * units <= 4:
            return layer


def _range(random, format: FloatFormat) -> tuple[int, int]:
    """Code of the greatest input, and the exponent of the last bit."""
    if random.random() < 0.2:
        return format.infinity - 1, format.least_exponent
    code = int(codes_near(random, format, ())) & (format.sign_bit - 1)
    code = max(code, 1) if format.subnormals else max(code, format.least_normal)
    _, top = format.parts(np.array(code))
    below = random.integers(0, format.fraction + 10)
    return code, max(int(top) + 3 - int(below), format.least_exponent)


def _weights(random, format: FloatFormat, shape) -> np.ndarray:
    kind = random.integers(5)
    if kind == 0:
        return finite_codes(random, format, shape)
    spread = int(random.choice((1, 2, 6)))
    near = codes_near(random, format, shape, spread=spread)
    if kind == 1:
        return np.where(random.random(shape) < 0.5, 0, near)
    if kind == 2:
        # Of two rows, one takes away the other.
        pairs = np.resize(near[: (len(near) + 1) // 2].repeat(2, axis=0), shape)
        return pairs ^ format.sign_bit * (np.arange(shape[0]) % 2).reshape(-1, *[1] * near[0].ndim)
    return near


def _form(random) -> IntegerActivation:
    """Any activation between small formats."""
    name = str(random.choice(float_activations.names()))
    bits = int(random.integers(2, 10))
    into = QFormat(int(random.integers(1, min(bits, 5), endpoint=True)), 0)
    into = QFormat(into.integer, bits - into.integer)
    output = QFormat(int(random.integers(0, 4)), int(random.integers(1, 8)),
                     signed=not is_exact(name) or bool(random.random() < 0.8))
    return integer_activation(name, into, output)


def _part(random, count: int) -> int:
    return int(random.choice((1, random.integers(1, count, endpoint=True), count)))
