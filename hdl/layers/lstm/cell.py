"""The cell of a long short-term memory in hardware."""

from collections.abc import Callable

from amaranth import Module, Mux, Signal, Value

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.parts.shift_add import shift_add_product
from build_decoder.hdl.parts.stored_bias import stored_bias
from build_decoder.hdl.recurrent.cell import (
    CellComponent,
    Kept,
    activated,
    biased,
    bits_of,
    held,
    narrowed,
    placed,
    product_by_bits,
    turns,
)
from build_decoder.hdl.shapes import shape_of

__all__ = ["LstmCellComponent"]


class LstmCellComponent(CellComponent):
    """See :class:`quant.operations.lstm_cell.LstmCell`.

    The three products of a unit are made at once, or bit by bit where the plan says so. Then the
    highest bits of both gates come first: each adds its operand to twice what there is, both of
    them the sum of both operands. The last product is made beside the first ones of the next unit.
    """

    def elaborate(self, platform):
        m = Module()
        summed = delayed(m, self.valid, 1 + self.plan.gate_latency, "summed", flag=True)
        sums = self._sums(m)
        if self.plan.bitwise:
            self._bit_by_bit(m, sums, summed)
        else:
            self._at_once(m, sums, summed)
        return m

    @property
    def _writes_at_once(self) -> bool:
        """Whether a unit's cell is written in the cycle in which the next one's is asked for."""
        return self.plan.bitwise

    def _kept(self, m: Module, take: Value, write: Value, cell: Value) -> Value:
        """What was kept of the unit that comes with ``take``; ``cell`` is kept of the next one to
        be written, with ``write``."""
        m.submodules.cells = cells = Kept(
            shape_of(self.plan.layer.cell.cell), units=self.plan.units,
            together=self._writes_at_once,
        )
        m.d.comb += [cells.take.eq(take), cells.write.eq(write), cells.data.eq(cell)]
        return cells.o

    def _sums(self, m: Module) -> list[Value]:
        """The sum node of each lane, a cycle after the exact sums."""
        p = self.plan.layer.cell
        return [
            biased(
                m, lane, p.sums, p.biased_sum, self.of_input[lane], self.of_state[lane], bias
            )
            for lane, bias in enumerate(self._biases(m))
        ]

    def _biases(self, m: Module) -> list[Value]:
        """The stored bias of each lane."""
        biased_sum = self.plan.layer.cell.biased_sum
        if not self.plan.reloadable:
            return self.table(biased_sum.stored_biases)
        return [stored_bias(biased_sum, biases) for biases in self.written_biases(m)]

    def _activated(self, m: Module, name: str, parameters, value: Value) -> Value:
        """A gate or a candidate, all of them after as many cycles."""
        short = self.plan.gate_latency - activation_plan(parameters).latency
        return delayed(m, activated(m, name, parameters, value), short, f"{name}_value")

    def _at_once(self, m: Module, sums: list[Value], summed: Value) -> None:
        plan, p = self.plan, self.plan.layer.cell
        if self.serial:
            gate = self._activated(m, "gate", p.gate, sums[0])
            candidate = self._activated(m, "candidate", p.candidate, sums[0])
            number = self.gate(m, summed)
            i, f, g = (
                held(m, value, name, number == count)
                for count, (name, value) in enumerate(
                    (("held_i", gate), ("held_f", gate), ("held_g", candidate))
                )
            )
            o, whole = gate, summed & (number == plan.gates - 1)
        else:
            kinds = p.gate, p.gate, p.candidate, p.gate
            i, f, g, o = (
                self._activated(m, f"gate_{name}", kind, value)
                for name, kind, value in zip("ifgo", kinds, sums, strict=True)
            )
            whole = summed
        exact, fraction = p.cell_narrowing.source, p.gate.output.fraction
        multiplied = delayed(m, whole, 1, "multiplied", flag=True)
        cell = Signal(shape_of(p.cell))
        kept = self._kept(m, whole, multiplied, cell)
        kept = Mux(delayed(m, self.starts, 1 + plan.gate_latency, "starts"), 0, kept)
        kept = delayed(m, shift_add_product(kept, f), 1, "kept")
        added = delayed(m, shift_add_product(g, i), 1, "added")
        m.d.comb += cell.eq(
            narrowed(
                m, "cell", p.cell_narrowing.requantise,
                placed(kept, fraction + p.cell.fraction, exact)
                + placed(added, fraction + p.candidate.output.fraction, exact),
            )
        )
        squashed = activated(m, "squash", p.squash, cell)
        later = plan.squash_latency
        o = delayed(m, o, 1 + later, "output_gate")
        product = delayed(m, shift_add_product(squashed, o), 1, "product")
        m.d.comb += [
            self.o.eq(narrowed(m, "output", p.output_narrowing.requantise, product)),
            self.done.eq(delayed(m, multiplied, later + 1, "done", flag=True)),
        ]

    def _bit_by_bit(self, m: Module, sums: list[Value], summed: Value) -> None:
        plan, p = self.plan, self.plan.layer.cell
        gate = self._activated(m, "gate", p.gate, sums[0])
        candidate = self._activated(m, "candidate", p.candidate, sums[0])
        number = self.gate(m, summed)
        whole = summed & (number == plan.gates - 1)

        bits = p.gate.output.width
        squashes = bits + plan.squash_latency
        _, within = turns(m, whole, squashes)
        first, squashed_now = within(0, bits), within(squashes - 1, squashes)
        ended, within_output = turns(m, squashed_now, bits)
        second = within_output(0, bits)
        i = bits_of(m, "i", gate, load=summed & (number == 0), step=first)
        f = bits_of(m, "f", gate, load=summed & (number == 1), step=first)
        g = held(m, candidate, "g", summed & (number == 2))
        # The next unit's output gate may come while the last bits of this one are used.
        o = held(m, gate, "held_o", whole)
        o = bits_of(m, "o", o, load=squashed_now, step=second)

        starts = delayed(m, self.starts, 1 + plan.gate_latency, "starts")
        starts = held(m, starts, "starts_then", summed & (number == 0))
        there = within(bits, bits + 1)
        cell, write = Signal(shape_of(p.cell)), Signal()
        kept = self._kept(m, there, write, cell)
        kept, added = self._terms(m, Mux(starts, 0, kept), g)
        both = held(m, kept + added, "both", whole)
        cell_bits, output_bits = self._product_bits
        product = product_by_bits(
            m, "product", cell_bits, Mux(f, Mux(i, both, kept), Mux(i, added, 0)),
            first=within(0, 1), step=first, minus=p.gate.output.signed,
        )
        value = self._keep(m, write, cell, product, there)
        squashed = activated(m, "squash", p.squash, value, enable=within(bits, squashes))
        output = product_by_bits(
            m, "output_product", output_bits, Mux(o, squashed, 0),
            first=within_output(0, 1), step=second, minus=p.gate.output.signed,
        )
        def at_end(value: Value, name: str) -> Value:
            """What came with the unit's last gate, when the last product is there."""
            return held(m, held(m, value, f"held_{name}", whole), f"{name}_then", squashed_now)

        self._end(m, output, ended, at_end)

    @property
    def _product_bits(self) -> tuple[int, int]:
        """Bits of the exact sum of a cell's products, and of the product that is the output."""
        p = self.plan.layer.cell
        return p.cell_narrowing.source.width, p.output_narrowing.source.width

    def _terms(self, m: Module, kept: Value, candidate: Value) -> tuple[Value, Value]:
        """What gates multiply, at its place in the exact sum of both products."""
        p = self.plan.layer.cell
        exact, of_gate = p.cell_narrowing.source, p.gate.output.fraction
        return (
            placed(kept, of_gate + p.cell.fraction, exact),
            placed(candidate, of_gate + p.candidate.output.fraction, exact),
        )

    def _keep(
        self, m: Module, write: Signal, cell: Signal, exact: Value, there: Value
    ) -> Value:
        """The exact sum of a cell's products, which is ``there``, becomes the ``cell`` to
        ``write``; what is squashed."""
        narrow = narrowed(m, "cell", self.plan.layer.cell.cell_narrowing.requantise, exact)
        m.d.comb += [write.eq(there), cell.eq(narrow)]
        return narrow

    def _end(
        self, m: Module, exact: Value, there: Value, at_end: Callable[[Value, str], Value]
    ) -> None:
        """The exact product that is the output, which is ``there``, becomes one; ``at_end`` brings
        along what came with the unit's last gate."""
        narrowing = self.plan.layer.cell.output_narrowing
        m.d.comb += [
            self.o.eq(narrowed(m, "output", narrowing.requantise, exact)), self.done.eq(there)
        ]
