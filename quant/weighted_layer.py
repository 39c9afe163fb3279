"""The base of integer layers that have weights, a bias and an activation."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.operations.biased_sum import BiasedSum
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat

__all__ = ["WeightedLayer"]


class WeightedLayer(IntegerLayer):
    """What follows from weights, bias and activation, whatever is multiplied with what.

    Subclasses are frozen dataclasses with these attributes as fields.

    Attributes
    ----------
    input, weight, accumulator, bias : QFormat
        Formats of the nodes.
    weights, biases : ndarray
        Raw int64; the last axis of both counts outputs.
    activation : IntegerActivation
        Parameter object of the activation.
    reach : Reach or None
        Limits of the weights that may be written in place of these, and so may any biases in their
        format; None if both are constants.
    """

    input: QFormat
    weight: QFormat
    accumulator: QFormat
    bias: QFormat
    weights: np.ndarray
    biases: np.ndarray
    activation: IntegerActivation
    reach: Reach | None

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.input,)

    @property
    def sum(self) -> QFormat:
        """Format of the sum node."""
        return self.activation.input

    @property
    def output(self) -> QFormat:
        """Format of the output node."""
        return self.activation.output

    @cached_property
    def products(self) -> Products:
        """Exact sums of products."""
        return Products(self.input, self.arrays["weights"])

    @cached_property
    def biased_sum(self) -> BiasedSum:
        """From exact sums to the sum node."""
        return BiasedSum.after(self.products, self.accumulator, self.arrays["bias"], self.sum)

    @cached_property
    def arrays(self) -> Mapping[str, RawArray]:
        """Weights and biases."""
        any_bias = None if self.reach is None else Reach.any(self.bias, 1)
        return {
            "weights": RawArray(self.weight, self.weights, self.reach),
            "bias": RawArray(self.bias, self.biases, any_bias),
        }

    def with_arrays(self, raw: Mapping[str, np.ndarray]):
        return replace(self, weights=raw["weights"], biases=raw["bias"])

    @property
    def activations(self) -> tuple[IntegerActivation]:
        """The one activation."""
        return (self.activation,)
