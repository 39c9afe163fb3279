"""Dense layers as bit heaps in hardware: LUTs, carry chains, and rows of registers."""

from collections.abc import Mapping

from amaranth import Cat, Const, Module, Signal, Value

from build_decoder.hdl.heap.graph import ONE
from build_decoder.hdl.heap.made import Maker
from build_decoder.hdl.heap.operations import Operation
from build_decoder.hdl.heap.plan import HeapPlan
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
        bits = _Bits(plan, inputs, there)
        for operation in plan.graph.operations:
            maker.make(operation, bits.taken_by(operation), bits.made)
        with m.If(moves):
            m.d.sync += [row.eq(Cat(held)) for row, held in bits.registers()]
        given = [
            bits.seen(out >> 1, plan.pipeline.registers) if out > ONE else Const(out, 1)
            for out in plan.graph.outputs
        ]
        m.d.comb += Value.cast(self.o.payload).eq(Cat(given))
        return m

    def _plane(
        self, m: Module, moves: Signal, there: Signal, maker: Maker
    ) -> tuple[Value, dict[int, Value]]:
        """Whether a frame begins, and bits of the plane, by their numbers in the graph."""
        planes, payload = self.plan.in_planes, Value.cast(self.i.payload)
        # In the second of two planes, one row has the first.
        count = Signal(planes.counter_bits) if planes.planes > 2 else there[:1]
        held = Signal(len(planes.held), reset_less=True)
        m.d.comb += self.i.ready.eq(moves & (count == 0))
        with m.If(self.i.ready):
            m.d.sync += held.eq(Cat(payload[bit] for bit in planes.held))
        inputs = [*payload]
        for bit, value in zip(planes.held, held, strict=True):
            inputs[bit] = value
        values = dict(enumerate([self.i.valid, *count, *inputs], start=1))
        for operation in planes.graph.operations:
            values |= {bit: Signal(name=f"plane_{bit}") for bit in operation.outputs}
            maker.make(operation, values, values.__getitem__)
        begins, *given = [values[literal >> 1] for literal in planes.graph.outputs]
        if planes.planes > 2:
            with m.If(moves):
                m.d.sync += count.eq(Cat(given[: len(count)]))
        bits = (1 + bit for bit in planes.taken)
        return begins, dict(zip(bits, given[len(count) :], strict=True))


class _Bits:
    """Signals of a graph's bits: where they are made, and behind each row of registers.

    Part ``n`` of the network is what lies between rows ``n - 1`` and ``n``.
    """

    def __init__(self, plan: HeapPlan, inputs: Mapping[int, Value], there: Signal):
        graph, pipeline = plan.graph, plan.pipeline
        self._graph, self._there = graph, there
        self._part = [pipeline.row(level) for level in graph.levels]
        self._made = {0: Const(0, 1), **inputs}
        self._places: list[dict[int, int]] = [{} for _ in range(pipeline.registers)]
        for bit, last in sorted(pipeline.last_uses.items()):
            for row in range(self._part[bit], pipeline.row(last)):
                self._places[row][bit] = len(self._places[row])
        self._rows = [
            Signal(len(places), name=f"row_{number}", reset_less=True)
            for number, places in enumerate(self._places)
        ]

    def made(self, bit: int) -> Signal:
        """The signal of a bit that an operation makes."""
        if bit not in self._made:
            self._made[bit] = Signal(name=f"bit_{bit}")
        return self._made[bit]

    def seen(self, bit: int, part: int) -> Value:
        """A bit as a part of the network sees it."""
        if bit == self._graph.first:
            return self._there[part - 1]
        if bit in self._graph.states:
            return self.seen(self._graph.states[bit], part + 1)
        if not bit or self._part[bit] == part:
            return self._made[bit]
        return self._rows[part - 1][self._places[part - 1][bit]]

    def taken_by(self, operation: Operation) -> dict[int, Value]:
        """Bits as the part sees them that an operation is in."""
        part = self._part[operation.outputs[0]]
        return {bit: self.seen(bit, part) for bit in operation.taken}

    def registers(self) -> list[tuple[Signal, list[Value]]]:
        """Rows of registers, and what they hold next."""
        return [
            (row, [self.seen(bit, number) for bit in places])
            for number, (row, places) in enumerate(zip(self._rows, self._places, strict=True))
        ]


COMPONENT = HeapComponent
"""What realises the plan beside this module."""
