"""Echo state network in integers."""

from dataclasses import dataclass

from build_decoder.models import activations
from build_decoder.quant.layer import EVERY_OUTPUT, ActivationRole, Kind, Role, Signal
from build_decoder.quant.operations.esn_cell import EsnCell
from build_decoder.quant.recurrent import RecurrentLayer, RecurrentQuantiser, Run

__all__ = ["QUANTISER", "Esn"]


@dataclass(frozen=True, eq=False)
class Esn(RecurrentLayer):
    """An :class:`~quant.operations.esn_cell.EsnCell` over the time steps."""

    cell: EsnCell

    @property
    def signals(self) -> tuple[Signal, ...]:
        """All roles; signals and states count once a step."""
        cell, units = self.cell, self.steps * self.cell.units
        return (
            Signal("input", cell.input, self.steps * cell.weights.raw.shape[0]),
            Signal("weight", cell.weights.format, cell.weights.raw.size),
            Signal("recurrent", cell.recurrent.format, cell.recurrent.raw.size),
            Signal("accumulator", cell.accumulator, units),
            Signal("bias", cell.biases.format, cell.biases.raw.size),
            Signal("sum", cell.candidate.input, units),
            Signal("candidate", cell.candidate.output, units),
            Signal("output", cell.output, units),
        )


class _EsnQuantiser(RecurrentQuantiser):
    name = "esn"
    integer_layer = Esn
    _ROLES = (
        Role("weight", Kind.WEIGHT, signed=True),
        Role("recurrent", Kind.WEIGHT, signed=True),
        Role("accumulator", Kind.SIGNAL, signed=True),
        Role("bias", Kind.WEIGHT, signed=True),
        Role("sum", Kind.SIGNAL, signed=True),
        Role("candidate", Kind.SIGNAL, signed=True, approached=True),
        Role("output", Kind.STATE, signed=True, approached=True),
    )

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return (ActivationRole("tanh", "sum", "candidate"),)

    def observed(self, layer, inputs, weights):
        run = Run.of(layer, inputs[0], weights)
        accumulated = run.x @ weights["weights"] + run.before @ weights["recurrent"]
        summed = accumulated + weights["bias"]
        return {
            "weight": weights["weights"],
            "recurrent": weights["recurrent"],
            "accumulator": accumulated,
            "bias": weights["bias"],
            "sum": summed,
            "candidate": activations.get("tanh").function(summed),
            "output": run.output(layer),
            EVERY_OUTPUT: run.after,
        }

    def cell(self, parts):
        formats = parts.formats
        return EsnCell(
            input=parts.inputs[0],
            weights=parts.array("weights"),
            recurrent=parts.array("recurrent"),
            biases=parts.array("bias"),
            accumulator=self.accumulator(parts),
            candidate=parts.forms("tanh", formats["sum"], formats["candidate"]),
            leak_bits=parts.layer.leak_bits,
            output=formats["output"],
        )


QUANTISER = _EsnQuantiser()
