"""Dense layer: six signal nodes, each with its own format (AHEAD, Equation 4 and Figure 6)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.layer import Signal
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.chain import Chain
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding
from build_decoder.quant.weighted import WeightedQuantiser
from build_decoder.quant.weighted_layer import WeightedLayer

__all__ = ["NODES", "QUANTISER", "Dense"]

NODES = ("input", "weight", "accumulator", "bias", "sum", "output")
"""The signal nodes of a dense layer, in data-flow order; each is an attribute of :class:`Dense`."""


@dataclass(frozen=True, eq=False)
class Dense(DenseShape, WeightedLayer):
    """A dense layer in integers.

    With every operand raw, ``F`` a node's fraction bits and ``sat`` saturation to a node::

        exact       = sum(x[i] * w[i, u])                         fraction F_input + F_weight
        accumulator = sat(round_half_up(exact))                   AHEAD's buffer 1
        sum         = sat(round_half_up(accumulator + bias[u]))   AHEAD's buffer 2
        output      = activation(sum)                             AHEAD's buffer 3

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
    reach
        Limits of the weights that may be written in place of these, and so may any biases in their
        format; None if both are constants.

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
    reach: Reach | None = None

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
        self.biased_sum.check()

    @property
    def product_fraction(self) -> int:
        """Fraction bits of a product."""
        return self.input.fraction + self.weight.fraction

    @property
    def operations(self):
        """Sums of products; then all else."""
        return (self.products, Chain((self.biased_sum, Activate(self.activation))))

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The six nodes."""
        words = {"input": self.input_count, "weight": self.weights.size}
        return tuple(
            Signal(node, getattr(self, node), words.get(node, self.units)) for node in NODES
        )

    @property
    def rounding_constant(self) -> int:
        """Start value of an exact accumulator, so that dropping bits rounds half up."""
        return self.biased_sum.rounding_constant

    @cached_property
    def exact(self) -> QFormat:
        """Format that no running sum leaves, proven from the input format and the actual weights or
        from the limits of those that may be written.

        Every running sum starts from :attr:`rounding_constant`.
        """
        return QFormat.for_raw_range(
            self.products.low,
            self.products.high + self.rounding_constant,
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

    @property
    def biased(self) -> QFormat:
        """Format of accumulator plus stored bias, exact, proven from the actual biases or from the
        format of those that may be written."""
        return self.biased_sum.biased

    @property
    def sum_narrowing(self) -> Requantise:
        """From accumulator plus bias to the sum node; the rounding constant comes with the bias."""
        return self.biased_sum.sum_narrowing

    @property
    def stored_biases(self) -> np.ndarray:
        """Biases in the ``biased`` fraction, with the constant that makes the sum round half up."""
        return self.biased_sum.stored_biases

    def digest(self) -> bytes:
        arrays = (array.astype("<i8").tobytes() for array in (self.weights, self.biases))
        return b"".join(arrays) + repr(self.activation).encode()


class _DenseQuantiser(WeightedQuantiser):
    name = "dense"

    def sums(self, layer, x, weights):
        accumulated = x @ weights["weights"]
        return accumulated, accumulated + weights["bias"]

    def integer(self, parts):
        return Dense(
            input=parts.inputs[0],
            weight=parts.formats["weight"],
            accumulator=self.accumulator(parts),
            bias=parts.formats["bias"],
            weights=parts.array("weights").raw,
            biases=parts.array("bias").raw,
            activation=self.activation(parts),
            reach=parts.array("weights").reach,
        )


QUANTISER = _DenseQuantiser()
