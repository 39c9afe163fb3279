"""The cell of an echo state network in hardware."""

from amaranth import Module, Mux

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.recurrent.cell import (
    CellComponent,
    Kept,
    activated,
    biased,
    narrowed,
    placed,
)
from build_decoder.hdl.shapes import shape_of

__all__ = ["EsnCellComponent"]


class EsnCellComponent(CellComponent):
    """See :class:`quant.operations.esn_cell.EsnCell`."""

    def elaborate(self, platform):
        m = Module()
        plan, p = self.plan, self.plan.layer.cell
        m.submodules.states = states = Kept(shape_of(p.output), units=plan.units, together=False)
        there = 1 + activation_plan(p.candidate).latency
        (bias,) = self.table(p.biased_sum.stored_biases)
        total = biased(
            m, 0, p.sums, p.biased_sum, self.of_input[0], self.of_state[0], bias
        )
        candidate = activated(m, "candidate", p.candidate, total)
        whole = delayed(m, self.valid, there, "whole", flag=True)
        starts = delayed(m, self.starts, there, "starts")

        exact, leak = p.output_narrowing.source, p.leak_bits
        before = placed(Mux(starts, 0, states.o), p.output.fraction + leak, exact)
        kept = before.shift_left(leak) - before
        added = placed(candidate, p.candidate.output.fraction + leak, exact)
        output = narrowed(m, "output", p.output_narrowing.requantise, kept + added)
        m.d.comb += [
            self.o.eq(delayed(m, output, 1, "output_then")),
            self.done.eq(delayed(m, whole, 1, "done", flag=True)),
            states.take.eq(whole),
            states.write.eq(self.done),
            states.data.eq(self.o),
        ]
        return m
