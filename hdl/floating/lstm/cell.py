"""The cell of a long short-term memory in floating point."""

import numpy as np
from amaranth import Module, Signal, Value, signed
from amaranth.lib.wiring import In

from build_decoder.hdl.floating.rounder import Rounder
from build_decoder.hdl.floating.steps import cut_steps, rounded_steps
from build_decoder.hdl.floating.taken import Taken
from build_decoder.hdl.layers.lstm.cell import LstmCellComponent
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.quant.activations import IntegerActivation

__all__ = ["FloatLstmCellComponent"]


class FloatLstmCellComponent(LstmCellComponent):
    """See :class:`quant.floating.lstm_cell.FloatLstmCell`.

    As of a :class:`hdl.layers.lstm.cell.LstmCellComponent` bit by bit: a cell's products are of
    whole numbers, which codes are taken as, and their exact sum is rounded on its way into the
    memory, beside the activation. ``nan`` comes with a unit's sums. What is kept of a unit whose
    output is NaN does not matter: the output comes back into all sums of the next step.
    """

    MORE = {"nan": In(1)}

    @property
    def _writes_at_once(self) -> bool:
        return False

    def _sums(self, m: Module) -> list[Value]:
        sums = self.plan.layer.cell.sums
        (bias,) = self.table(np.array(sums.added, dtype=object))
        total = Signal(signed(sums.total.width), reset_less=True)
        both = self.of_input[0] + self.of_state[0]
        m.d.sync += total.eq(both.shift_left(sums.least - sums.total.least) + bias)
        return [total]

    def _activated(
        self, m: Module, name: str, parameters: IntegerActivation, value: Value
    ) -> Value:
        # Half a step is in the bias where bits are dropped.
        least = self.plan.layer.cell.sums.total.least
        return super()._activated(m, name, parameters, cut_steps(value, least, parameters.input))

    @property
    def _product_bits(self) -> tuple[int, int]:
        return self.plan.cell_rounding.width, self.plan.output_rounding.width

    def _terms(self, m: Module, kept: Value, candidate: Value) -> tuple[Value, Value]:
        cell = self.plan.layer.cell
        m.submodules.taken = taken = Taken(self.plan.taken_cells)
        m.d.comb += taken.i.eq(kept)
        number = Signal(signed(cell.kept.steps.bit_length() + 1), reset_less=True)
        # A unit's cell is there long before its gates.
        m.d.sync += number.eq(taken.o.significand << taken.o.shift)
        return number.shift_left(cell.cell_places), candidate.shift_left(cell.candidate_places)

    def _keep(
        self, m: Module, write: Signal, cell: Signal, exact: Value, there: Value
    ) -> Value:
        parameters, rounding = self.plan.layer.cell, self.plan.cell_rounding
        m.submodules.round_cell = rounder = Rounder(rounding)
        m.d.comb += [
            rounder.en.eq(1),
            rounder.i.eq(exact),
            write.eq(delayed(m, there, rounding.latency, "kept_there", flag=True)),
            cell.eq(rounder.o),
        ]
        return rounded_steps(exact, parameters.exact_least, parameters.squash.input)

    def _end(self, m: Module, exact: Value, there: Value, at_end) -> None:
        rounding = self.plan.output_rounding
        m.submodules.round_output = rounder = Rounder(rounding)
        nan = delayed(m, self.nan, 1 + self.plan.gate_latency, "nan_of_gates")
        m.d.comb += [
            rounder.en.eq(1),
            rounder.nan.eq(at_end(nan, "nan")),
            rounder.i.eq(exact),
            self.o.eq(rounder.o),
            self.done.eq(delayed(m, there, rounding.latency, "output_there", flag=True)),
        ]
