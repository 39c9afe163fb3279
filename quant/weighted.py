"""The base of layer types that have weights, a bias and an activation, in integers."""

from collections.abc import Mapping

import numpy as np

from build_decoder.models import activations as float_activations
from build_decoder.models.layer import Layer
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.layer import ActivationRole, Kind, Operation, Parts, Role, Step
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.biased_sum import BiasedSum, effective_accumulator
from build_decoder.quant.operations.chain import Chain
from build_decoder.quant.operations.products import Products
from build_decoder.quant.qformat import QFormat

__all__ = ["WeightedQuantiser"]


class WeightedQuantiser:
    """A :class:`quant.layer.LayerQuantiser` to which subclasses add ``name``, sums and ``integer``.

    It has five roles: weight, accumulator, bias, sum and output. It has two steps: exact sums of
    products, which depend on the weights' format alone, and everything after them.
    """

    arrays = {"weights": "weight", "bias": "bias"}
    _ROLES = (
        Role("weight", Kind.WEIGHT, signed=True),
        Role("accumulator", Kind.SIGNAL, signed=True),
        Role("bias", Kind.WEIGHT, signed=True),
        Role("sum", Kind.SIGNAL, signed=True),
        Role("output", Kind.SIGNAL, approached=True),
    )

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return (ActivationRole(layer.activation, "sum", "output"),)

    def sums(
        self, layer: Layer, x: np.ndarray, weights: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sums of products in floats, without and with the bias, (samples, ...)."""
        raise NotImplementedError

    def observed(self, layer, inputs, weights):
        accumulated, summed = self.sums(layer, inputs[0], weights)
        return {
            "weight": weights["weights"],
            "accumulator": accumulated,
            "bias": weights["bias"],
            "sum": summed,
            "output": float_activations.get(layer.activation).function(summed),
        }

    def output(self, layer, inputs, formats):
        return formats["output"]

    @property
    def steps(self):
        return (
            Step(("weight",), self.first),
            Step(("accumulator", "bias", "sum", "output"), self._rest),
        )

    @staticmethod
    def products(parts: Parts) -> Products:
        """The layer's exact sums of products."""
        return Products(parts.inputs[0], parts.array("weights"))

    def first(self, parts: Parts) -> Operation:
        """The first step's operation."""
        return self.products(parts)

    def accumulator(self, parts: Parts) -> QFormat:
        """Format of the accumulator, which has no more fraction bits than products have."""
        fraction = parts.inputs[0].fraction + parts.formats["weight"].fraction
        return effective_accumulator(parts.formats["accumulator"], fraction)

    def activation(self, parts: Parts) -> IntegerActivation:
        """Parameter object of the activation."""
        return parts.forms(
            parts.layer.activation, parts.formats["sum"], parts.formats["output"]
        )

    def _rest(self, parts: Parts) -> Chain:
        sums = BiasedSum.after(
            self.products(parts), self.accumulator(parts), parts.array("bias"),
            parts.formats["sum"],
        )
        return Chain((sums, Activate(self.activation(parts))))
