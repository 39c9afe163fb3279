"""Convolution as a bit heap in hardware."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Signal, Value

from build_decoder.hdl.heap.made import Maker
from build_decoder.hdl.heap.rows import Rows
from build_decoder.hdl.heap.selected_planes import SelectedPlanes
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "ConvolutionHeap"]


class ConvolutionHeap(StageComponent):
    """``o`` is a column of outputs of the window around each column of ``i``.

    Latency: from the column that completes a window, the rows of registers; of several planes, as
    many cycles more. Throughput: a column in as many cycles as there are planes, and a cycle for
    each of the columns that a window has behind its position, once a frame. All rows of registers
    move together, and columns in a cycle in which these do; they stand while outputs are offered
    and not taken.

    Parameters
    ----------
    plan : ConvolutionHeapPlan
        The network, where its registers stand, and what moves columns.

    Members
    -------
    i : ``In``, stream of arrays of all rows and channels of a column
    o : ``Out``, stream of arrays of all rows and filters of a column
    """

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        moves, there, steps = Signal(), Signal(plan.latency), Signal()
        m.d.comb += [moves.eq(~there[-1] | self.o.ready), self.o.valid.eq(there[-1])]
        maker = Maker(m, plan.cells, platform)
        counted = plan.taps[1] > 0
        rows = Rows(plan.pipeline, there, clears=counted)
        whole, selected, told = Signal(), None, []
        if plan.in_planes is None:
            window = rows.first
        else:
            window = Signal(len(plan.window), reset_less=not counted)
            selected = SelectedPlanes(plan.in_planes, there)
            told = [*selected.number, whole, self.i.valid]
        (free, following), zeros, complete = self._control(m, steps, maker, told)
        comes = self.i.valid | zeros
        m.d.comb += [
            self.i.ready.eq(moves & free & ~zeros), steps.eq(moves & free & comes)
        ]
        with m.If(steps):
            m.d.sync += window.eq(self._following(window))
        if counted:
            oldest = plan.window_bits - plan.column_bits
            with m.If(moves & free & zeros):
                m.d.sync += window[sum(bit <= oldest for bit in plan.window) :].eq(0)
        if selected is None:
            begins = comes & complete
        else:
            with m.If(moves):
                m.d.sync += whole.eq(following)
            held = dict(zip(plan.window, window, strict=True))
            inputs = [held.get(bit, Const(0)) for bit in range(1, plan.window_bits + 1)]
            begins, bits = selected.make(m, maker, moves, whole, inputs)
            rows.take(bits)
        rows.make(maker)
        with m.If(moves):
            m.d.sync += there.eq(Cat(begins, there[:-1]))
            m.d.sync += [
                row.eq(following)
                for row, following in rows.registers(0 if selected is not None else 1)
            ]
        m.d.comb += Value.cast(self.o.payload).eq(rows.outputs)
        return m

    def _following(self, window: Signal) -> Value:
        """What the window is once columns have moved."""
        plan, payload = self.plan, Value.cast(self.i.payload)
        held = dict(zip(plan.window, window, strict=True))
        oldest = plan.window_bits - plan.column_bits
        return Cat(
            payload[bit - oldest - 1] if bit > oldest else held[bit + plan.column_bits]
            for bit in plan.window
        )

    def _control(
        self, m: Module, steps: Signal, maker: Maker, told: Sequence[Value]
    ) -> tuple[tuple[Value, Value], Value, Value]:
        """Whether columns may move, and of several planes whether there is a window next; whether
        the next column is of zeros; and whether it completes a window.

        Parameters
        ----------
        told
            Of several planes, the bits of the plane's number, whether there is a window, and
            whether a column comes; nothing of one.
        """
        columns = self.plan.columns
        count = Signal(columns.counter_bits)
        values = dict(enumerate([*count, *told], start=1)) | {0: Const(0)}
        for operation in columns.graph.operations:
            values |= {bit: Signal(name=f"counted_{bit}") for bit in operation.outputs}
            maker.make(operation, values, values.__getitem__)
        outputs = [values[out >> 1] for out in columns.graph.outputs]
        windowed = (outputs.pop(0), outputs.pop(0)) if told else (Const(1), Const(0))
        zeros, complete, *following = outputs or (Const(0), Const(1))
        with m.If(steps):
            m.d.sync += count.eq(Cat(following))
        return windowed, zeros, complete


COMPONENT = ConvolutionHeap
"""What realises the plan beside this module."""
