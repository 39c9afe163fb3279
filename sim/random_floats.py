"""Random small decoders in floating point: formats, ranges, foldings and weights at extremes."""

from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.sim.random_float_layers import float_parameters, random_float_format, some_of

__all__ = ["FloatNetwork", "random_floats"]

_MOST_LAYERS, _MOST_WIDTH = 3, 12

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
    layers, format = [], random_float_format(random)
    for inputs, units in zip(widths, widths[1:], strict=False):
        output = format if random.random() < 0.7 else random_float_format(random)
        layers.append(_layer(random, format, output, inputs, units))
        format = output
    foldings = tuple(
        Folding(some_of(random, layer.input_count), some_of(random, layer.units))
        for layer in layers
    )
    multipliers = []
    for layer, folding in zip(layers, foldings, strict=True):
        products = folding.inputs_per_cycle * min(folding.outputs_per_cycle, layer.units)
        blocks = int(random.choice((0, random.integers(products, endpoint=True), products)))
        multipliers.append(Multipliers(dsp=blocks, lut=products - blocks))
    return FloatNetwork(IntegerModel.chain(name, layers), foldings, tuple(multipliers))


def _layer(random, format: FloatFormat, output: FloatFormat, inputs: int, units: int) -> FloatDense:
    return FloatDense(**float_parameters(random, format, output, (inputs, units)))
