"""Dense layer: six signal nodes, each with its own format (AHEAD, Equation 4 and Figure 6)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

__all__ = ["NODES", "Dense"]

NODES = ("input", "weight", "accumulator", "bias", "sum", "output")
"""The signal nodes of a dense layer, in data-flow order; each is an attribute of :class:`Dense`."""


@dataclass(frozen=True, eq=False)
class Dense:
    """Parameters of a dense layer, and its integer model.

    With every operand raw, ``F`` a node's fraction bits and ``sat`` saturation to a node::

        exact       = sum(x[i] * w[i, u])                      fraction F_input + F_weight
        accumulator = sat(round_half_up(exact))                AHEAD's buffer 1
        sum         = sat(round_half_up(accumulator + bias[u]))   AHEAD's buffer 2
        output      = activation(sum)                          AHEAD's buffer 3

    Parameters
    ----------
    input, weight, accumulator, bias, sum
        Formats of the nodes; ``sum`` is the activation's input, ``output`` its output.
    weights
        Raw int64 (inputs, units) in ``weight``.
    biases
        Raw int64 (units,) in ``bias``.
    activation
        Parameter object of the activation.

    Raises
    ------
    ValueError
        If shapes or ranges do not match the formats, or an exact sum is wider than the widest
        format.
    """

    input: QFormat
    weight: QFormat
    accumulator: QFormat
    bias: QFormat
    weights: np.ndarray
    biases: np.ndarray
    activation: IntegerActivation

    def __post_init__(self):
        if self.weights.ndim != 2 or self.biases.shape != self.weights.shape[1:]:
            raise ValueError(
                f"expected weights (inputs, units) and biases (units,), got {self.weights.shape} "
                f"and {self.biases.shape}"
            )
        for node, raw in (("weight", self.weights), ("bias", self.biases)):
            format = getattr(self, node)
            if raw.min() < format.min_raw or raw.max() > format.max_raw:
                raise ValueError(
                    f"expected raw {node} values in {format}, got {raw.min()} to {raw.max()}"
                )
        if self.accumulator.fraction > self.product_fraction:
            raise ValueError(
                f"expected at most {self.product_fraction} accumulator fraction bits, which are "
                f"all that products have, got {self.accumulator}"
            )
        # Before anything is summed: the sums themselves are taken in 64 bits.
        bits = self.input.width + self.weight.width + self.input_count.bit_length()
        if bits > 62 or self.exact.width > MAX_WIDTH:
            raise ValueError(f"expected exact sums of at most {MAX_WIDTH} bits, got {bits}")
        finest = max(self.bias.fraction, self.accumulator.fraction)
        aligned = max(f.integer + finest for f in (self.bias, self.accumulator))
        if aligned > 62 or self.biased.width > MAX_WIDTH:
            raise ValueError(
                f"expected accumulator plus bias in at most {MAX_WIDTH} bits, got "
                f"{self.accumulator} and {self.bias}"
            )

    @property
    def input_count(self) -> int:
        """Inputs of the layer."""
        return self.weights.shape[0]

    @property
    def units(self) -> int:
        """Neurons, which are outputs, of the layer."""
        return self.weights.shape[1]

    @property
    def sum(self) -> QFormat:
        """Format of the sum node."""
        return self.activation.input

    @property
    def output(self) -> QFormat:
        """Format of the output node."""
        return self.activation.output

    @property
    def product_fraction(self) -> int:
        """Fraction bits of a product."""
        return self.input.fraction + self.weight.fraction

    @property
    def rounding_constant(self) -> int:
        """What an exact accumulator starts from, so that dropping bits rounds half up."""
        dropped = self.product_fraction - self.accumulator.fraction
        return 1 << (dropped - 1) if dropped else 0

    @cached_property
    def exact(self) -> QFormat:
        """Format that no running sum leaves, proven from the actual weights and the input format.

        Every running sum starts from :attr:`rounding_constant` and a product's extremes enclose
        zero, so that the extremes of the whole sum bound all running sums, in any order.
        """
        positive, negative = np.maximum(self.weights, 0), np.minimum(self.weights, 0)
        high = positive * self.input.max_raw + negative * self.input.min_raw
        low = positive * self.input.min_raw + negative * self.input.max_raw
        return QFormat.for_raw_range(
            int(low.sum(axis=0).min()),
            int(high.sum(axis=0).max()) + self.rounding_constant,
            fraction=self.product_fraction,
        )

    @property
    def captured(self) -> QFormat:
        """Format in which finished sums are held: exact, without the bits rounded away."""
        return QFormat(self.exact.integer, self.accumulator.fraction)

    @property
    def accumulator_narrowing(self) -> Requantise:
        """From the captured sum to the accumulator node: saturation alone."""
        return Requantise(self.captured, self.accumulator, Rounding.FLOOR)

    @cached_property
    def biased(self) -> QFormat:
        """Format of accumulator plus stored bias, exact, proven from the actual biases."""
        fraction = max(self.accumulator.fraction, self.bias.fraction)
        shift = fraction - self.accumulator.fraction
        return QFormat.for_raw_range(
            (self.accumulator.min_raw << shift) + int(self.stored_biases.min()),
            (self.accumulator.max_raw << shift) + int(self.stored_biases.max()),
            fraction=fraction,
        )

    @property
    def sum_narrowing(self) -> Requantise:
        """From accumulator plus bias to the sum node; the rounding constant comes with the bias."""
        return Requantise(self.biased, self.sum, Rounding.FLOOR)

    @cached_property
    def stored_biases(self) -> np.ndarray:
        """Biases in the ``biased`` fraction, with the constant that makes the sum round half up."""
        fraction = max(self.accumulator.fraction, self.bias.fraction)
        dropped = fraction - self.sum.fraction
        half = 1 << (dropped - 1) if dropped > 0 else 0
        return (self.biases << (fraction - self.bias.fraction)) + half

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw int64 outputs (samples, units) of raw inputs (samples, inputs)."""
        return self.activation.compute(self.sums(self.exact_sums_of(x, self.weights)))

    @staticmethod
    def exact_sums_of(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Exact sums of products, int64 (samples, units), of raw inputs and raw weights."""
        # Below 2**53 a product of float64 matrices is exact, and many times faster than of int64.
        return (x.astype(np.float64) @ weights.astype(np.float64)).astype(np.int64)

    def sums(self, exact: np.ndarray) -> np.ndarray:
        """Sum node (raw int64) of exact sums of products, both (samples, units)."""
        captured = (exact + self.rounding_constant) >> (
            self.product_fraction - self.accumulator.fraction
        )
        accumulator = self.accumulator_narrowing.compute(captured)
        aligned = accumulator << (self.biased.fraction - self.accumulator.fraction)
        return self.sum_narrowing.compute(aligned + self.stored_biases)
