"""The cell of a long short-term memory in hardware."""

from amaranth import Module, Signal

from build_decoder.hdl.activations.plan import activation_plan
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

__all__ = ["LstmCellComponent"]


class LstmCellComponent(CellComponent):
    """See :class:`quant.operations.lstm_cell.LstmCell`."""

    def elaborate(self, platform):
        m = Module()
        plan, p = self.plan, self.plan.layer.cell
        summed = delayed(m, self.valid, 1 + plan.gate_latency, "summed", flag=True)
        i, f, g, o, whole = self._gates(m, self._sums(m), summed)

        m.submodules.cells = cells = Kept(shape_of(p.cell), units=plan.units,
                                          steps=plan.layer.steps)
        kept, added = shift_add_product(cells.o, f), shift_add_product(g, i)
        exact = p.cell_narrowing.source
        fraction = p.gate.output.fraction
        kept = delayed(m, kept, 1, "kept")
        added = delayed(m, added, 1, "added")
        cell = narrowed(
            m, "cell", p.cell_narrowing.requantise,
            placed(kept, fraction + p.cell.fraction, exact)
            + placed(added, fraction + p.candidate.output.fraction, exact),
        )
        multiplied = delayed(m, whole, 1, "multiplied", flag=True)
        m.d.comb += [cells.take.eq(whole), cells.write.eq(multiplied), cells.data.eq(cell)]

        squashed = activated(m, "squash", p.squash, cell)
        later = plan.squash_latency
        o = delayed(m, o, 1 + later, "output_gate")
        product = delayed(m, shift_add_product(squashed, o), 1, "product")
        m.d.comb += [
            self.o.eq(narrowed(m, "output", p.output_narrowing.requantise, product)),
            self.done.eq(delayed(m, multiplied, later + 1, "done", flag=True)),
        ]
        return m

    def _sums(self, m: Module) -> list:
        """The sum node of each lane, a cycle after the exact sums."""
        p, lanes = self.plan.layer.cell, self.plan.sums.lanes
        row = self.row(m, self.valid)
        stored = by_unit(p.biased_sum.stored_biases, self.plan.gates).tolist()
        return [
            biased(
                m, lane, p.sums, p.biased_sum, self.of_input[lane], self.of_state[lane], bias
            )
            for lane, bias in enumerate(table(stored, lanes, row))
        ]

    def _gates(self, m: Module, sums: list, summed) -> tuple:
        """Gates and candidate of a unit, and whether they are there."""
        p, latency = self.plan.layer.cell, self.plan.gate_latency

        def of(parameters, name, value):
            short = latency - activation_plan(parameters).latency
            return delayed(m, activated(m, name, parameters, value), short, f"{name}_value")

        if not self.serial:
            i, f, g, o = sums
            return (
                of(p.gate, "gate_i", i), of(p.gate, "gate_f", f),
                of(p.candidate, "candidate", g), of(p.gate, "gate_o", o), summed,
            )
        gate = of(p.gate, "gate", sums[0])
        candidate = of(p.candidate, "candidate", sums[0])
        number = self.gate(m, summed)
        held = []
        for count, value in enumerate((gate, gate, candidate)):
            kept = Signal.like(value, name=f"held_{count}", reset_less=True)
            with m.If(number == count):
                m.d.sync += kept.eq(value)
            held.append(kept)
        return *held, gate, summed & (number == self.plan.gates - 1)
