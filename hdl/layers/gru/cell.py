"""The cell of a gated recurrent unit in hardware."""

import numpy as np
from amaranth import Module, Signal

from build_decoder.hdl.layers.recurrent.cell import (
    CellComponent,
    Kept,
    activated,
    biased,
    delayed,
    narrowed,
    placed,
    table,
)
from build_decoder.hdl.layers.recurrent.step_sums import by_unit
from build_decoder.hdl.parts.shift_add import shift_add_product
from build_decoder.hdl.shapes import shape_of

__all__ = ["GruCellComponent"]


class GruCellComponent(CellComponent):
    """See :class:`quant.operations.gru_cell.GruCell`."""

    def elaborate(self, platform):
        m = Module()
        plan, p = self.plan, self.plan.layer.cell
        summed = delayed(m, self.valid, 1 + plan.gate_latency, "summed", flag=True)
        z, r, reset, of_input, whole = self._sums(m, summed)

        exact = p.candidate_narrowing.source
        passed = delayed(m, shift_add_product(reset, r), 1, "passed")
        of_input = delayed(m, of_input, 1, "of_input_then")
        total = placed(passed, p.gate.output.fraction + p.reset.fraction, exact) + of_input
        total = narrowed(m, "candidate_sum", p.candidate_narrowing.requantise, total)
        candidate = activated(m, "candidate", p.candidate, total)

        m.submodules.states = states = Kept(
            shape_of(p.output), units=plan.units, steps=plan.layer.steps
        )
        later = 1 + plan.candidate_latency
        before = delayed(m, states.o, later, "before")
        z = delayed(m, z, later + 1, "update")
        of_candidate = p.candidate.output.fraction
        fraction = max(of_candidate, p.output.fraction)
        difference = before.shift_left(fraction - p.output.fraction) - candidate.shift_left(
            fraction - of_candidate
        )
        difference = delayed(m, difference, 1, "difference")
        product = delayed(m, shift_add_product(difference, z), 1, "product")
        candidate = delayed(m, candidate, 2, "candidate_then")
        exact = p.output_narrowing.source
        total = placed(product, fraction + p.gate.output.fraction, exact) + placed(
            candidate, of_candidate, exact
        )
        m.d.comb += [
            self.o.eq(narrowed(m, "output", p.output_narrowing.requantise, total)),
            self.done.eq(delayed(m, whole, later + 2, "done", flag=True)),
            states.take.eq(whole),
            states.write.eq(self.done),
            states.data.eq(self.o),
        ]
        return m

    def _sums(self, m: Module, summed) -> tuple:
        """Gates of a unit, what the reset gate lets by, the candidate's sums of the input with
        their bias, and whether all this is there."""
        plan, p, lanes = self.plan, self.plan.layer.cell, self.plan.sums.lanes
        gates = 2 * plan.units
        row = self.row(m, self.valid)
        of_input, of_state = p.biases.raw[:, gates:]
        stored = np.concatenate([p.biased_sum.stored_biases, of_state])
        biases = table(by_unit(stored, plan.gates).tolist(), lanes, row)
        # In the lane, and the row, of the candidate; zero in others.
        more = np.concatenate([np.zeros(gates, dtype=np.int64), of_input])
        bias_of_input = table(by_unit(more, plan.gates).tolist(), lanes, row)[-1]

        exact, fraction = p.reset_narrowing.source, p.biases.format.fraction
        total = placed(self.of_state[-1], p.state_products.fraction, exact) + placed(
            biases[-1], fraction, exact
        )
        reset = narrowed(m, "reset", p.reset_narrowing.requantise, total)
        exact = p.candidate_narrowing.source
        of_candidate = placed(self.of_input[-1], p.input_products.fraction, exact) + placed(
            bias_of_input, fraction, exact
        )
        later = 1 + plan.gate_latency
        reset = delayed(m, reset, later, "reset")
        of_candidate = delayed(m, of_candidate, later, "of_input")

        units = []
        for lane in range(max(lanes - 1, 1)):
            total = biased(
                m, lane, p.gate_sums, p.biased_sum, self.of_input[lane], self.of_state[lane],
                biases[lane],
            )
            units.append(activated(m, f"gate_{lane}", p.gate, total))
        if not self.serial:
            return *units, reset, of_candidate, summed
        number = self.gate(m, summed)
        held = []
        for count in range(2):
            kept = Signal.like(units[0], name=f"held_{count}", reset_less=True)
            with m.If(number == count):
                m.d.sync += kept.eq(units[0])
            held.append(kept)
        return *held, reset, of_candidate, summed & (number == plan.gates - 1)
