"""Convolution: the six signal nodes of a dense layer, over windows."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.convolution_shape import ConvolutionShape
from build_decoder.quant.layer import Signal
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.chain import Chain
from build_decoder.quant.operations.convolution import Convolution
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.weighted import WeightedQuantiser
from build_decoder.quant.weighted_layer import WeightedLayer

__all__ = ["QUANTISER", "Conv2d"]


@dataclass(frozen=True, eq=False)
class Conv2d(ConvolutionShape, WeightedLayer):
    """A convolution of stride 1 with ``same`` padding in integers.

    With every operand raw, and zeros around ``x``::

        exact       = sum(x[r + i - pr, c + j - pc, k] * w[i, j, k, f])   pr, pc: half a kernel
        accumulator = sat(round_half_up(exact))
        sum         = sat(round_half_up(accumulator + bias[f]))
        output      = activation(sum)

    Parameters
    ----------
    shape
        Rows, columns and channels of the input.
    input, weight, accumulator, bias
        Formats of the nodes.
    weights
        Raw int64 (kernel rows, kernel columns, channels, filters) in ``weight``.
    biases
        Raw int64 (filters,) in ``bias``.
    activation
        Parameter object of the activation.
    reach
        Limits of the weights that may be written in place of these, and so may any biases in their
        format; None if both are constants.

    Raises
    ------
    ValueError
        If shapes or ranges do not match the formats, or a sum is wider than the widest format.
    """

    shape: Shape
    input: QFormat
    weight: QFormat
    accumulator: QFormat
    bias: QFormat
    weights: np.ndarray
    biases: np.ndarray
    activation: IntegerActivation
    reach: Reach | None = None

    def __post_init__(self):
        self.check_shapes()
        self.biased_sum.check()

    @property
    def operations(self):
        """Sums of products; then all else."""
        return (
            Convolution(self.products), Chain((self.biased_sum, Activate(self.activation)))
        )

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The six nodes."""
        outputs = self.output_count
        return (
            Signal("input", self.input, int(np.prod(self.shape))),
            Signal("weight", self.weight, self.weights.size),
            Signal("accumulator", self.accumulator, outputs),
            Signal("bias", self.bias, self.biases.size),
            Signal("sum", self.sum, outputs),
            Signal("output", self.output, outputs),
        )

    def digest(self) -> bytes:
        arrays = (array.astype("<i8").tobytes() for array in (self.weights, self.biases))
        return b"".join(arrays) + repr((self.weights.shape, self.activation)).encode()


class _Conv2dQuantiser(WeightedQuantiser):
    name = "conv2d"

    def sums(self, layer, x, weights):
        summed = layer.sums(x, weights)
        return summed - weights["bias"], summed

    def first(self, parts):
        return Convolution(self.products(parts))

    def integer(self, parts):
        return Conv2d(
            shape=tuple(parts.shapes[0]),
            input=parts.inputs[0],
            weight=parts.formats["weight"],
            accumulator=self.accumulator(parts),
            bias=parts.formats["bias"],
            weights=parts.array("weights").raw,
            biases=parts.array("bias").raw,
            activation=self.activation(parts),
            reach=parts.array("weights").reach,
        )


QUANTISER = _Conv2dQuantiser()
