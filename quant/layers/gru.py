"""Gated recurrent unit in integers."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models import activations
from build_decoder.quant.layer import EVERY_OUTPUT, ActivationRole, Kind, Role, Signal
from build_decoder.quant.operations.gru_cell import GruCell
from build_decoder.quant.recurrent import RecurrentLayer, RecurrentQuantiser, Run

__all__ = ["QUANTISER", "Gru"]


@dataclass(frozen=True, eq=False)
class Gru(RecurrentLayer):
    """A :class:`~quant.operations.gru_cell.GruCell` over the time steps."""

    cell: GruCell

    @property
    def signals(self) -> tuple[Signal, ...]:
        """All roles; signals and states count once a step."""
        cell, units = self.cell, self.steps * self.cell.units
        return (
            Signal("input", cell.input, self.steps * cell.weights.raw.shape[0]),
            Signal("weight", cell.weights.format, cell.weights.raw.size),
            Signal("recurrent", cell.recurrent.format, cell.recurrent.raw.size),
            Signal("accumulator", cell.accumulator, 2 * units),
            Signal("bias", cell.biases.format, cell.biases.raw.size),
            Signal("reset", cell.reset, units),
            Signal("sum", cell.sum, 3 * units),
            Signal("gate", cell.gate.output, 2 * units),
            Signal("candidate", cell.candidate.output, units),
            Signal("output", cell.output, units),
        )


class _GruQuantiser(RecurrentQuantiser):
    name = "gru"
    integer_layer = Gru
    _ROLES = (
        Role("weight", Kind.WEIGHT, signed=True),
        Role("recurrent", Kind.WEIGHT, signed=True),
        Role("accumulator", Kind.SIGNAL, signed=True),
        Role("bias", Kind.WEIGHT, signed=True),
        Role("reset", Kind.SIGNAL, signed=True),
        Role("sum", Kind.SIGNAL, signed=True),
        Role("gate", Kind.SIGNAL, approached=True),
        Role("candidate", Kind.SIGNAL, signed=True, approached=True),
        Role("output", Kind.STATE, signed=True, approached=True),
    )

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return (
            ActivationRole("sigmoid", "sum", "gate"),
            ActivationRole("tanh", "sum", "candidate"),
        )

    def observed(self, layer, inputs, weights):
        sigmoid, tanh = (activations.get(name).function for name in ("sigmoid", "tanh"))
        run = Run.of(layer, inputs[0], weights)
        gates = 2 * layer.units
        of_input = run.x @ weights["weights"]
        of_state = run.before @ weights["recurrent"]
        input_bias, state_bias = weights["bias"]
        accumulated = (of_input + of_state)[..., :gates]
        summed = accumulated + (input_bias + state_bias)[:gates]
        gate = sigmoid(summed)
        reset = of_state[..., gates:] + state_bias[gates:]
        passed = gate[..., layer.units :] * reset
        of_candidate = of_input[..., gates:] + input_bias[gates:] + passed
        return {
            "weight": weights["weights"],
            "recurrent": weights["recurrent"],
            "accumulator": accumulated,
            "bias": weights["bias"],
            "reset": reset,
            "sum": np.concatenate([summed, of_candidate], axis=-1),
            "gate": gate,
            "candidate": tanh(of_candidate),
            "output": run.output(layer),
            EVERY_OUTPUT: run.after,
        }

    def cell(self, parts):
        formats = parts.formats
        return GruCell(
            input=parts.inputs[0],
            weights=parts.array("weights"),
            recurrent=parts.array("recurrent"),
            biases=parts.array("bias"),
            accumulator=self.accumulator(parts),
            reset=formats["reset"],
            gate=parts.forms("sigmoid", formats["sum"], formats["gate"]),
            candidate=parts.forms("tanh", formats["sum"], formats["candidate"]),
            output=formats["output"],
        )


QUANTISER = _GruQuantiser()
