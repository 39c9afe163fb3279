"""Long short-term memory in integers."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models import activations
from build_decoder.quant.layer import EVERY_OUTPUT, ActivationRole, Kind, Role, Signal
from build_decoder.quant.operations.lstm_cell import LstmCell
from build_decoder.quant.recurrent import RecurrentLayer, RecurrentQuantiser, Run

__all__ = ["QUANTISER", "Lstm"]


@dataclass(frozen=True, eq=False)
class Lstm(RecurrentLayer):
    """An :class:`~quant.operations.lstm_cell.LstmCell` over the time steps."""

    cell: LstmCell

    @property
    def signals(self) -> tuple[Signal, ...]:
        """All roles; signals and states count once a step."""
        cell, units = self.cell, self.steps * self.cell.units
        return (
            Signal("input", cell.input, self.steps * cell.weights.raw.shape[0]),
            Signal("weight", cell.weights.format, cell.weights.raw.size),
            Signal("recurrent", cell.recurrent.format, cell.recurrent.raw.size),
            Signal("accumulator", cell.accumulator, 4 * units),
            Signal("bias", cell.biases.format, cell.biases.raw.size),
            Signal("sum", cell.gate.input, 4 * units),
            Signal("gate", cell.gate.output, 3 * units),
            Signal("candidate", cell.candidate.output, units),
            Signal("cell", cell.cell, units),
            Signal("squashed", cell.squash.output, units),
            Signal("output", cell.output, units),
        )


class _LstmQuantiser(RecurrentQuantiser):
    name = "lstm"
    integer_layer = Lstm
    _ROLES = (
        Role("weight", Kind.WEIGHT, signed=True),
        Role("recurrent", Kind.WEIGHT, signed=True),
        Role("accumulator", Kind.SIGNAL, signed=True),
        Role("bias", Kind.WEIGHT, signed=True),
        Role("sum", Kind.SIGNAL, signed=True),
        Role("gate", Kind.SIGNAL, approached=True),
        Role("candidate", Kind.SIGNAL, signed=True, approached=True),
        Role("cell", Kind.STATE, signed=True),
        Role("squashed", Kind.SIGNAL, signed=True, approached=True),
        Role("output", Kind.STATE, signed=True, approached=True),
    )

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return (
            ActivationRole("sigmoid", "sum", "gate"),
            ActivationRole("tanh", "sum", "candidate"),
            ActivationRole("tanh", "cell", "squashed"),
        )

    def observed(self, layer, inputs, weights):
        sigmoid, tanh = (activations.get(name).function for name in ("sigmoid", "tanh"))
        run = Run.of(layer, inputs[0], weights)
        accumulated = run.x @ weights["weights"] + run.before @ weights["recurrent"]
        summed = accumulated + weights["bias"]
        i, f, g, o = np.split(summed, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
        cell = np.empty_like(g)
        kept = np.zeros_like(g[:, 0])
        for step in range(cell.shape[1]):
            kept = cell[:, step] = f[:, step] * kept + i[:, step] * g[:, step]
        return {
            "weight": weights["weights"],
            "recurrent": weights["recurrent"],
            "accumulator": accumulated,
            "bias": weights["bias"],
            "sum": summed,
            "gate": np.concatenate([i, f, o], axis=-1),
            "candidate": g,
            "cell": cell,
            "squashed": tanh(cell),
            "output": run.output(layer),
            EVERY_OUTPUT: run.after,
        }

    def cell(self, parts):
        formats = parts.formats
        return LstmCell(
            input=parts.inputs[0],
            weights=parts.array("weights"),
            recurrent=parts.array("recurrent"),
            biases=parts.array("bias"),
            accumulator=self.accumulator(parts),
            gate=parts.forms("sigmoid", formats["sum"], formats["gate"]),
            candidate=parts.forms("tanh", formats["sum"], formats["candidate"]),
            squash=parts.forms("tanh", formats["cell"], formats["squashed"]),
            output=formats["output"],
        )


QUANTISER = _LstmQuantiser()
