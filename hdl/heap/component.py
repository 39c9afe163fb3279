"""Dense layers as bit heaps in hardware: LUTs, carry chains, and rows of registers."""

from amaranth import Cat, Module, Signal, Value

from build_decoder.hdl.heap.made import Maker
from build_decoder.hdl.heap.rows import Rows
from build_decoder.hdl.heap.selected_planes import SelectedPlanes
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "HeapComponent"]


class HeapComponent(StageComponent):
    """``o`` is what the layers give for ``i``, all inputs and all outputs of a frame at once.

    Latency: the rows of registers, and a cycle for each plane but one. Throughput: a frame in as
    many cycles as it has planes, with the first of which it is taken. All registers move together,
    and stand while outputs are offered and not taken.

    Parameters
    ----------
    plan : HeapPlan
        The network, and where its registers stand.

    Members
    -------
    i : ``In``, stream of arrays of all inputs
    o : ``Out``, stream of arrays of all outputs
    """

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        moves, there = Signal(), Signal(plan.latency)
        m.d.comb += [moves.eq(~there[-1] | self.o.ready), self.o.valid.eq(there[-1])]
        maker = Maker(m, plan.cells, platform)
        if plan.in_planes is None:
            m.d.comb += self.i.ready.eq(moves)
            begins = self.i.valid
            inputs = dict(enumerate(Value.cast(self.i.payload), start=1))
        else:
            begins, inputs = self._plane(m, moves, there, maker)
        with m.If(moves):
            m.d.sync += there.eq(Cat(begins, there[:-1]))
        rows = Rows(plan.pipeline, there)
        rows.take(inputs)
        rows.make(maker)
        with m.If(moves):
            m.d.sync += [row.eq(following) for row, following in rows.registers()]
        m.d.comb += Value.cast(self.o.payload).eq(rows.outputs)
        return m

    def _plane(
        self, m: Module, moves: Signal, there: Signal, maker: Maker
    ) -> tuple[Value, dict[int, Value]]:
        """Whether a frame begins, and bits of the plane, by their numbers in the graph."""
        planes, payload = self.plan.in_planes, Value.cast(self.i.payload)
        selected = SelectedPlanes(planes, there)
        held = Signal(len(planes.held), reset_less=True)
        m.d.comb += self.i.ready.eq(moves & (selected.number == 0))
        with m.If(self.i.ready):
            m.d.sync += held.eq(Cat(payload[bit] for bit in planes.held))
        inputs = [*payload]
        for bit, value in zip(planes.held, held, strict=True):
            inputs[bit] = value
        return selected.make(m, maker, moves, self.i.valid, inputs)


COMPONENT = HeapComponent
"""What realises the plan beside this module."""
