"""Attention over the time steps in integers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from build_decoder.models.activation import Activation
from build_decoder.quant.layer import ActivationRole, IntegerLayer, Kind, Role, Signal, Step
from build_decoder.quant.operations.attend import Attend
from build_decoder.quant.operations.biased_sum import effective_accumulator
from build_decoder.quant.operations.identity import identity
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.scored_steps import ScoredSteps
from build_decoder.quant.qformat import QFormat

__all__ = ["POWER", "QUANTISER", "Attention", "AttentionQuantiser"]

POWER = Activation("exp_tanh", lambda x: np.exp(np.tanh(x)))
"""Weight of a step by its score: between 1/e and e, so that sums of weights have few bits."""


@dataclass(frozen=True, eq=False)
class Attention(IntegerLayer):
    """Mean of the steps, weighted: :class:`~quant.operations.attend.Attend`.

    Parameters
    ----------
    attend
        Formats, weights and the activation.

    Raises
    ------
    ValueError
        If shapes do not match or anything is wider than the widest format.
    """

    attend: Attend

    def __post_init__(self):
        self.attend.check()

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.attend.input,)

    @property
    def output(self) -> QFormat:
        """Format of the output."""
        return self.attend.output

    @property
    def output_shape(self) -> tuple[int]:
        """Of one sample."""
        return (self.attend.outputs,)

    @property
    def operations(self):
        """One, since the values are needed again at its end."""
        return (self.attend,)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """All roles."""
        attend = self.attend
        return (
            Signal("input", attend.input, attend.steps * attend.channels),
            Signal("weight", attend.weights.format, attend.channels),
            Signal("accumulator", attend.accumulator, attend.steps),
            Signal("bias", attend.biases.format, attend.steps),
            Signal("sum", attend.power.input, attend.steps),
            Signal("power", attend.power.output, attend.steps),
            Signal("output", attend.output, attend.outputs),
        )

    @property
    def arrays(self) -> Mapping[str, RawArray]:
        """Weights and biases of scores."""
        return {"weights": self.attend.weights, "bias": self.attend.biases}

    def with_arrays(self, raw: Mapping[str, np.ndarray]):
        attend = replace(
            self.attend,
            weights=replace(self.attend.weights, raw=raw["weights"]),
            biases=replace(self.attend.biases, raw=raw["bias"]),
        )
        return replace(self, attend=attend)

    def digest(self) -> bytes:
        return identity(self)


@dataclass(frozen=True)
class AttentionQuantiser:
    """See :class:`quant.layer.LayerQuantiser`.

    Parameters
    ----------
    name
        Name of the type.
    layer, operation
        The layer in integers, and its operation.
    """

    name: str
    layer: type[IntegerLayer]
    operation: type[ScoredSteps]

    arrays: ClassVar = {"weights": "weight", "bias": "bias"}
    _ROLES: ClassVar = (
        Role("weight", Kind.WEIGHT, signed=True),
        Role("accumulator", Kind.SIGNAL, signed=True),
        Role("bias", Kind.WEIGHT, signed=True),
        Role("sum", Kind.SIGNAL, signed=True),
        Role("power", Kind.SIGNAL, signed=False, approached=True),
        Role("output", Kind.SIGNAL, approached=True),
    )

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return (ActivationRole(POWER, "sum", "power"),)

    def observed(self, layer, inputs, weights):
        accumulated = inputs[0] @ weights["weights"]
        summed = accumulated + weights["bias"]
        return {
            "weight": weights["weights"],
            "accumulator": accumulated,
            "bias": weights["bias"],
            "sum": summed,
            "power": POWER.function(summed),
            "output": layer.forward(inputs, weights),
        }

    def output(self, layer, inputs, formats):
        return formats["output"]

    @property
    def steps(self):
        return (Step(tuple(role.name for role in self._ROLES), self._attend),)

    def _attend(self, parts):
        formats = parts.formats
        fraction = parts.inputs[0].fraction + formats["weight"].fraction
        return self.operation(
            input=parts.inputs[0],
            weights=parts.array("weights"),
            biases=parts.array("bias"),
            accumulator=effective_accumulator(formats["accumulator"], fraction),
            power=parts.forms(POWER, formats["sum"], formats["power"]),
            output=formats["output"],
        )

    def integer(self, parts):
        return self.layer(self._attend(parts))


QUANTISER = AttentionQuantiser("attention", Attention, Attend)
