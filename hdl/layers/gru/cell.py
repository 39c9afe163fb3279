"""The cell of a gated recurrent unit in hardware."""

from collections.abc import Callable, Sequence

import numpy as np
from amaranth import Module, Mux, Value

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
from build_decoder.quant.operations.span import Span

__all__ = ["GruCellComponent"]


class GruCellComponent(CellComponent):
    """See :class:`quant.operations.gru_cell.GruCell`.

    The two products of a unit are made at once, or bit by bit where the plan says so. Then the last
    one is made beside the first one of the next unit.
    """

    def elaborate(self, platform):
        m = Module()
        plan, p = self.plan, self.plan.layer.cell
        m.submodules.states = states = Kept(
            shape_of(p.output), units=plan.units, together=self._writes_at_once
        )
        summed = delayed(m, self.valid, 1 + plan.gate_latency, "summed", flag=True)
        sums, reset, of_input = self._sums(m)
        gates = [activated(m, f"gate_{lane}", p.gate, total) for lane, total in enumerate(sums)]
        if plan.bitwise:
            self._bit_by_bit(m, states, gates[0], reset, of_input, summed)
        else:
            self._at_once(m, states, gates, reset, of_input, summed)
        m.d.comb += [states.write.eq(self.done), states.data.eq(self.o)]
        return m

    @property
    def _writes_at_once(self) -> bool:
        """Whether a unit's state is written in the cycle in which the next one's is asked for."""
        return self.plan.bitwise

    def _sums(self, m: Module) -> tuple[list[Value], Value, Value]:
        """The sum node of each lane's gate, a cycle after the exact sums; and beside these, what
        the reset gate multiplies, and the candidate's sums of the input with their bias."""
        plan, p = self.plan, self.plan.layer.cell
        of_gates, *of_candidate = self._biases(m)
        sums = [
            biased(
                m, lane, p.gate_sums, p.biased_sum, self.of_input[lane], self.of_state[lane],
                of_gates[lane],
            )
            for lane in range(max(plan.sums.lanes - 1, 1))
        ]
        return sums, *self._of_candidate(m, *of_candidate)

    def _biases(self, m: Module) -> tuple[Sequence[Value], Value, Value]:
        """The stored bias of each lane's gate; that of the candidate's sum of the state, and that
        of its sum of the input."""
        p, gates = self.plan.layer.cell, 2 * self.plan.units
        if self.plan.reloadable:
            written = self.written_biases(m)
            of_input, of_state = written[-1]
            return [stored_bias(p.biased_sum, biases) for biases in written], of_state, of_input
        of_input, of_state = p.biases.raw[:, gates:]
        first = np.concatenate([p.biased_sum.stored_biases, of_state])
        # In the lane, and the row, of the candidate; zero in others.
        more = np.concatenate([np.zeros(gates, dtype=np.int64), of_input])
        tables = self.table(first)
        return tables, tables[-1], self.table(more)[-1]

    def _of_candidate(self, m: Module, of_state: Value, of_input: Value) -> tuple[Value, Value]:
        """The reset node, and the sums of the input with their bias."""
        p, fraction = self.plan.layer.cell, self.plan.layer.cell.biases.format.fraction
        exact = p.reset_narrowing.source
        total = placed(self.of_state[-1], p.state_products.fraction, exact) + placed(
            of_state, fraction, exact
        )
        reset = narrowed(m, "reset", p.reset_narrowing.requantise, total)
        exact = p.candidate_narrowing.source
        return reset, placed(self.of_input[-1], p.input_products.fraction, exact) + placed(
            of_input, fraction, exact
        )

    def _candidate(self, m: Module, passed: Value, of_input: Value, enable: Value) -> Value:
        """The candidate, of what the reset gate lets by and the sums of the input."""
        p = self.plan.layer.cell
        exact = p.candidate_narrowing.source
        total = placed(passed, p.gate.output.fraction + p.reset.fraction, exact) + of_input
        total = narrowed(m, "candidate_sum", p.candidate_narrowing.requantise, total)
        return activated(m, "candidate", p.candidate, total, enable=enable)

    @property
    def _fraction(self) -> int:
        """Fraction bits of the difference of state and candidate."""
        p = self.plan.layer.cell
        return max(p.candidate.output.fraction, p.output.fraction)

    def _difference(self, m: Module, before: Value, candidate: Value) -> Value:
        """What the update gate multiplies."""
        p = self.plan.layer.cell
        return before.shift_left(self._fraction - p.output.fraction) - candidate.shift_left(
            self._fraction - p.candidate.output.fraction
        )

    def _output(self, m: Module, product: Value, candidate: Value) -> Value:
        """The output, of the candidate and the gated difference."""
        p = self.plan.layer.cell
        exact = p.output_narrowing.source
        total = placed(product, self._fraction + p.gate.output.fraction, exact) + placed(
            candidate, p.candidate.output.fraction, exact
        )
        return narrowed(m, "output", p.output_narrowing.requantise, total)

    def _at_once(self, m: Module, states: Kept, gates, reset, of_input, summed) -> None:
        plan, whole = self.plan, summed
        if self.serial:
            number = self.gate(m, summed)
            gates = [
                held(m, gates[0], name, number == count)
                for count, name in enumerate(("held_z", "held_r"))
            ]
            whole = summed & (number == plan.gates - 1)
        z, r = gates
        there = 1 + plan.gate_latency
        passed = shift_add_product(delayed(m, reset, there, "reset_then"), r)
        candidate = self._candidate(
            m, delayed(m, passed, 1, "passed"), delayed(m, of_input, there + 1, "of_input"), 1
        )
        later = 1 + plan.candidate_latency
        starts = delayed(m, self.starts, there, "starts")
        before = delayed(m, Mux(starts, 0, states.o), later, "before")
        difference = self._difference(m, before, candidate)
        difference = delayed(m, difference, 1, "difference")
        product = shift_add_product(difference, delayed(m, z, later + 1, "update"))
        candidate = delayed(m, candidate, 2, "candidate_then")
        m.d.comb += [
            self.o.eq(self._output(m, delayed(m, product, 1, "product"), candidate)),
            self.done.eq(delayed(m, whole, later + 2, "done", flag=True)),
            states.take.eq(whole),
        ]

    def _bit_by_bit(self, m: Module, states: Kept, gate, reset, of_input, summed) -> None:
        plan, p = self.plan, self.plan.layer.cell
        came = self.row[: (plan.gates - 1).bit_length()] == plan.gates - 1
        reset = held(m, reset, "reset_then", self.valid & came)
        of_input = held(m, of_input, "of_input", self.valid & came)
        number = self.gate(m, summed)
        whole = summed & (number == plan.gates - 1)
        update = held(m, gate, "held_z", summed & (number == 0))

        bits = p.gate.output.width
        differs = bits + plan.candidate_latency
        _, within = turns(m, whole, differs + 1)
        first, there = within(0, bits), within(differs, differs + 1)
        ended, within_output = turns(m, there, bits)
        second = within_output(0, bits)
        r = bits_of(m, "r", gate, load=summed & (number == 1), step=first)
        # The next unit's update gate may come while the last bits of this one are used.
        z = bits_of(m, "z", held(m, update, "held_z_then", whole), load=there, step=second)

        passed_bits, gated_bits = self._product_bits
        product = product_by_bits(
            m, "product", passed_bits, Mux(r, reset, 0),
            first=within(0, 1), step=first, minus=p.gate.output.signed,
        )
        candidate = self._candidate(m, product, of_input, within(bits, differs))
        starts = delayed(m, self.starts, 1 + plan.gate_latency, "starts")
        starts = held(m, starts, "starts_then", whole)
        before = Mux(starts, 0, states.o)
        difference = held(m, self._difference(m, before, candidate), "difference", there)
        output = product_by_bits(
            m, "output_product", gated_bits, Mux(z, difference, 0),
            first=within_output(0, 1), step=second, minus=p.gate.output.signed,
        )
        m.d.comb += states.take.eq(ended)

        def at_end(value: Value, name: str) -> Value:
            """What came with the unit's last sum, when the last product is there."""
            return held(m, held(m, value, f"held_{name}", whole), f"{name}_then", there)

        self._end(m, output, candidate, ended, at_end)

    @property
    def _product_bits(self) -> tuple[int, int]:
        """Bits of what the reset gate lets by, and of the gated difference."""
        p = self.plan.layer.cell
        passed = Span.of(p.gate.output) * Span.of(p.reset)
        gated = Span.of(p.gate.output) * (Span.of(p.output) - Span.of(p.candidate.output))
        return passed.width, gated.width

    def _end(
        self, m: Module, product: Value, candidate: Value, there: Value,
        at_end: Callable[[Value, str], Value],
    ) -> None:  # fmt: skip
        """The gated difference, which is ``there``, and the candidate become the output; ``at_end``
        brings along what came with the unit's last sum."""
        m.d.comb += [self.o.eq(self._output(m, product, candidate)), self.done.eq(there)]
