"""The cell of a gated recurrent unit in floating point."""

import numpy as np
from amaranth import Module, Signal, Value, signed
from amaranth.lib.wiring import In

from build_decoder.hdl.floating.rounder import Rounder
from build_decoder.hdl.floating.steps import rounded_steps
from build_decoder.hdl.floating.taken import Taken
from build_decoder.hdl.layers.gru.cell import GruCellComponent
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.recurrent.cell import activated

__all__ = ["FloatGruCellComponent"]


class FloatGruCellComponent(GruCellComponent):
    """See :class:`quant.floating.gru_cell.FloatGruCell`.

    As of a :class:`hdl.layers.gru.cell.GruCellComponent` bit by bit: products are of whole numbers,
    and the exact sum of candidate and gated difference is rounded. ``nan`` comes with a unit's
    sums. What is kept of a unit whose output is NaN does not matter: the output comes back into all
    sums of the next step.
    """

    MORE = {"nan": In(1)}

    @property
    def _writes_at_once(self) -> bool:
        return False

    def _sums(self, m: Module) -> tuple[list[Value], Value, Value]:
        cell, gates = self.plan.layer.cell, 2 * self.plan.units
        sums = cell.sums
        added = np.array(sums.added, dtype=object)
        # In the row of the candidate, of its sum of the state; there is another one of its input.
        first = np.concatenate([added[:gates], added[gates + self.plan.units :]])
        more = np.concatenate([np.zeros(gates, dtype=object), added[gates : -self.plan.units]])
        (bias,), (of_input_bias,) = self.table(first), self.table(more)
        places = sums.least - sums.total.least
        of_input, of_state = (
            port[0].shift_left(places) for port in (self.of_input, self.of_state)
        )
        total = Signal(signed(self.plan.sum_bits), reset_less=True)
        m.d.sync += total.eq(of_input + of_state + bias)
        gate = rounded_steps(total, sums.total.least, cell.gate.input)
        return [gate], of_state + bias, of_input + of_input_bias

    @property
    def _product_bits(self) -> tuple[int, int]:
        return self.plan.passed_bits, self.plan.gated_bits

    def _candidate(self, m: Module, passed: Value, of_input: Value, enable: Value) -> Value:
        cell = self.plan.layer.cell
        fraction = cell.gate.output.fraction
        total = passed + of_input.shift_left(fraction)
        steps = rounded_steps(total, cell.sums.total.least - fraction, cell.candidate.input)
        return activated(m, "candidate", cell.candidate, steps, enable=enable)

    def _difference(self, m: Module, before: Value, candidate: Value) -> Value:
        cell = self.plan.layer.cell
        m.submodules.taken = taken = Taken(self.plan.taken_states)
        m.d.comb += taken.i.eq(before)
        number = Signal(signed(cell.kept.steps.bit_length() + 1), reset_less=True)
        # A unit's state is there long before its candidate.
        m.d.sync += number.eq(taken.o.significand << taken.o.shift)
        return number.shift_left(cell.state_places) - candidate.shift_left(cell.candidate_places)

    def _end(self, m: Module, product: Value, candidate: Value, there: Value, at_end) -> None:
        cell, rounding = self.plan.layer.cell, self.plan.rounding
        places = cell.candidate_places + cell.gate.output.fraction
        m.submodules.round = rounder = Rounder(rounding)
        nan = delayed(m, self.nan, 1 + self.plan.gate_latency, "nan_of_gates")
        m.d.comb += [
            rounder.en.eq(1),
            rounder.nan.eq(at_end(nan, "nan")),
            rounder.i.eq(product + candidate.shift_left(places)),
            self.o.eq(rounder.o),
            self.done.eq(delayed(m, there, rounding.latency, "output_there", flag=True)),
        ]
