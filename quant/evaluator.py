"""Fast evaluation of many formats of one network on the same samples."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from build_decoder.models import activations as float_activations
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.activations import integer_activation, is_exact
from build_decoder.quant.formats import NetworkFormats
from build_decoder.quant.pwl.uniform import uniform_lines
from build_decoder.quant.qformat import QFormat, exact_fraction
from build_decoder.quant.quality import Quality, Reference
from build_decoder.quant.weight_rounding import NearestRounding, WeightRounding

__all__ = ["MAX_TABLE_WIDTH", "Evaluator"]

MAX_TABLE_WIDTH = 12
"""Widest activation input, in bits, that is looked up in a table of the integer activation. A wider
one, which only a search's perfect formats have, takes the float function, or its uniform lines, and
rounds the result: so many codes are as good as real numbers, and no piecewise-linear unit is fitted
for them in vain."""

_REMEMBERED = 48
"""Results of a layer that are kept; a search changes one node at a time, mostly a late one."""

_EXACT_BITS = {np.float32: 24, np.float64: 53}
"""Integers of so many bits are exact in a floating-point type."""


class Evaluator:
    """Runs integer models of ``network`` on ``golden``, each layer only when it has changed.

    What a layer gives depends on the formats up to it, and its exact sums on those up to its
    weights; both are remembered under these formats, and so are the qualities seen. Signals are
    held as reals, which are exact: every one is an integer of at most 53 bits times a power of two.
    Products are summed in float32 where that is exact too.

    The result equals that of the integer model but for activation inputs wider than
    :data:`MAX_TABLE_WIDTH`.

    Parameters
    ----------
    network, golden
        What is run on what.
    rounding
        Of weights; default: to the nearest.
    uniform_segments
        Of generated activations; see :func:`quant.activations.integer_activation`.

    Attributes
    ----------
    evaluations : int
        Integer models run on the samples, not counting results remembered.
    """

    def __init__(
        self,
        network: Network,
        golden: GoldenData,
        *,
        rounding: WeightRounding | None = None,
        uniform_segments: int | None = None,
    ):
        self.network = network
        self.uniform_segments = uniform_segments
        self.rounding = rounding or NearestRounding(network)
        self.golden = golden
        self.reference = Reference(golden)
        self.evaluations = 0
        self._input_fraction = exact_fraction(golden.x)
        self._qualities: dict[tuple, Quality] = {}
        self._weights = lru_cache(_REMEMBERED)(self._quantised_weights)
        self._exact_sums = lru_cache(_REMEMBERED)(self._compute_exact_sums)
        self._operands = lru_cache(len(network.layers) + 1)(self._operand)
        self._outputs = lru_cache(_REMEMBERED)(self._compute_outputs)

    def outputs(self, formats: NetworkFormats) -> np.ndarray:
        """Real outputs (samples, outputs) of the integer model with ``formats``."""
        return self._outputs(self._key(formats))

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality of the integer model with ``formats``."""
        key = self._key(formats)
        if key not in self._qualities:
            self._qualities[key] = self.reference.compare(self._outputs(key))
        return self._qualities[key]

    def _key(self, formats: NetworkFormats) -> tuple:
        """``(key of the layers before, weight, accumulator, bias, sum, output)``, last layer first.

        The decoder's input alone is ``(input,)``, without fraction bits that no sample has.
        """
        input = formats[1, "input"]
        fraction = max(min(input.fraction, self._input_fraction), 1 - input.integer)
        key = (QFormat(input.integer, fraction, input.signed),)
        for number in range(1, len(self.network.layers) + 1):
            nodes = ("weight", "accumulator", "bias", "sum", "output")
            key = (key, *(formats[number, node] for node in nodes))
        return key

    def _compute_outputs(self, key: tuple) -> np.ndarray:
        if len(key) == 1:
            return key[0].to_real(key[0].quantise(self.golden.x))
        before, weight, accumulator, bias, total, output = key
        self.evaluations += _depth(key) == len(self.network.layers)
        layer = self.network.layers[_depth(before)]
        exact = self._exact_sums(before, weight)
        # An accumulator keeps no more fraction bits than products have, as in integer_layer().
        kept = min(accumulator.fraction, before[-1].fraction + weight.fraction)
        kept = QFormat(max(accumulator.integer, 1 - kept), kept, accumulator.signed)
        biases = self._weights(_depth(before), weight)[1]
        biases = bias.to_real(bias.quantise(biases))
        if kept.fraction < total.fraction or kept.fraction < bias.fraction:
            sums = _rounded(exact, kept) * 2.0**-kept.fraction
            sums += biases
            sums = _rounded(sums, total)
        else:
            # Nothing of the bias is lost: stay with integers in the accumulator's fraction.
            sums = _rounded(exact, kept)
            sums += biases * 2.0**kept.fraction
            sums = _rounded(sums, total, scale=2.0 ** (total.fraction - kept.fraction))
        if total.width > MAX_TABLE_WIDTH:
            function = _function(layer.activation, total, output, self.uniform_segments)
            return _rounded(function(sums * total.resolution), output) * output.resolution
        sums -= total.min_raw
        table = _table(layer.activation, total, output, self.uniform_segments)
        return table[sums.astype(np.intp)]

    def _compute_exact_sums(self, before: tuple, weight: QFormat) -> np.ndarray:
        weights, _, greatest_sum = self._weights(_depth(before), weight)
        reach = before[-1].fraction + weight.fraction + np.log2(
            max(greatest_sum * _greatest(before[-1]), 1e-300)
        )
        kind = np.float32 if reach < _EXACT_BITS[np.float32] else np.float64
        return (self._operands(before, kind) @ weights.astype(kind)).astype(np.float64)

    def _operand(self, before: tuple, kind: type) -> np.ndarray:
        return self._outputs(before).astype(kind)

    def _quantised_weights(
        self, index: int, weight: QFormat
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Real weights in ``weight``, biases, and the greatest sum of magnitudes of a neuron's."""
        weights, biases = self.rounding.layer(index + 1, weight)
        return weights, biases, float(np.abs(weights).sum(axis=0).max())


def _depth(key: tuple) -> int:
    """Layers in a key."""
    depth = 0
    while len(key) > 1:
        key = key[0]
        depth += 1
    return depth


def _greatest(format: QFormat) -> float:
    return max(-format.min_raw, format.max_raw) * format.resolution


def _rounded(values: np.ndarray, format: QFormat, *, scale: float | None = None) -> np.ndarray:
    """Raw integers, as float64, in ``format`` of ``values`` times ``scale``; half up, saturated."""
    raw = values * (2.0**format.fraction if scale is None else scale)
    raw += 0.5
    np.floor(raw, out=raw)
    np.maximum(raw, format.min_raw, out=raw)
    np.minimum(raw, format.max_raw, out=raw)
    return raw


@lru_cache(maxsize=4096)
def _table(
    name: str, input: QFormat, output: QFormat, uniform_segments: int | None
) -> np.ndarray:
    """Real outputs of the integer activation for every input code, least code first."""
    codes = np.arange(input.min_raw, input.max_raw + 1)
    activation = integer_activation(name, input, output, uniform_segments=uniform_segments)
    return output.to_real(activation.compute(codes))


@lru_cache(maxsize=256)
def _function(
    name: str, input: QFormat, output: QFormat, uniform_segments: int | None
) -> Callable[[np.ndarray], np.ndarray]:
    """The activation in floats, of inputs in ``input``."""
    function = float_activations.get(name).function
    if uniform_segments is None or is_exact(name):
        return function
    least, greatest = output.to_real([output.min_raw, output.max_raw])
    low, high = input.to_real([input.min_raw, input.max_raw + 1])
    # Lines are fitted to what the output can hold, as integer ones are.
    return uniform_lines(
        lambda x: np.clip(function(x), least, greatest), low, high, uniform_segments
    )
