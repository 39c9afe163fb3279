"""Softmax in integers, where probabilities are asked for."""

import math
from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.layer import ActivationRole, IntegerLayer, Kind, Role, Signal, Step
from build_decoder.quant.operations.identity import identity
from build_decoder.quant.operations.normalise import Normalise, difference_format
from build_decoder.quant.qformat import QFormat

__all__ = ["QUANTISER", "Softmax"]


@dataclass(frozen=True, eq=False)
class Softmax(IntegerLayer):
    """``exp(x - max(x)) / sum(exp(x - max(x)))`` along the last axis.

    Parameters
    ----------
    normalise
        Formats and the exponential.
    output_shape
        Of one sample.

    Raises
    ------
    ValueError
        If formats do not match or a sum is wider than the widest format.
    """

    normalise: Normalise
    output_shape: Shape

    def __post_init__(self):
        self.normalise.check()

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.normalise.input,)

    @property
    def output(self) -> QFormat:
        """Format of the shares."""
        return self.normalise.output

    @property
    def operations(self):
        """One."""
        return (self.normalise,)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Powers and shares."""
        words = math.prod(self.output_shape)
        return (
            Signal("power", self.normalise.power.output, words),
            Signal("output", self.output, words),
        )

    def digest(self) -> bytes:
        return identity(self)


class _SoftmaxQuantiser:
    """See :class:`quant.layer.LayerQuantiser`."""

    name = "softmax"
    arrays = {}
    _ROLES = (
        Role("power", Kind.SIGNAL, signed=False, approached=True),
        Role("output", Kind.SIGNAL, signed=False, approached=True),
    )

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return (ActivationRole("exp", "difference", "power"),)

    def observed(self, layer, inputs, weights):
        return {
            "power": np.exp(inputs[0] - inputs[0].max(axis=-1, keepdims=True)),
            "output": layer.forward(inputs, weights),
        }

    def output(self, layer, inputs, formats):
        return formats["output"]

    @property
    def steps(self):
        return (Step(("power", "output"), self._normalise),)

    @staticmethod
    def _normalise(parts):
        power = parts.forms("exp", difference_format(parts.inputs[0]), parts.formats["power"])
        count = parts.shapes[0][-1]
        return Normalise(parts.inputs[0], count, power, parts.formats["output"])

    def integer(self, parts):
        return Softmax(self._normalise(parts), tuple(parts.shapes[0]))


QUANTISER = _SoftmaxQuantiser()
