"""Dense layers as bit heaps in hardware: LUTs, carry chains, and rows of registers."""

from amaranth import Cat, Const, Module, Signal, Value

from build_decoder.hdl.families import family_of
from build_decoder.hdl.heap import cells
from build_decoder.hdl.heap.graph import ONE
from build_decoder.hdl.heap.operations import Chain, Lut
from build_decoder.hdl.heap.plan import HeapPlan
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "HeapComponent"]


class HeapComponent(StageComponent):
    """``o`` is what the layers give for ``i``, all inputs and all outputs of a frame at once.

    Latency: the rows of registers. Throughput: a frame a cycle. All registers move together, and
    stand while outputs are offered and not taken.

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
        moves, there = Signal(), Signal(plan.pipeline.registers)
        m.d.comb += [
            moves.eq(~there[-1] | self.o.ready),
            self.i.ready.eq(moves),
            self.o.valid.eq(there[-1]),
        ]
        with m.If(moves):
            m.d.sync += there.eq(Cat(self.i.valid, there[:-1]))
        bits = _Bits(plan, Value.cast(self.i.payload))
        make_lut, make_chain = cells.lut, cells.chain
        family = family_of(platform)
        if family is not None and family.name == plan.cells:
            make_lut, make_chain = native_part(platform, "lut"), native_part(platform, "chain")
        for operation in plan.graph.operations:
            if isinstance(operation, Lut):
                taken = bits.taken_by(operation)
                inputs = Cat(taken[bit] for bit in operation.inputs)
                make_lut(m, inputs, operation.table, bits.made(operation.output))
            else:
                make_chain(m, *_signals_of(bits, operation))
        with m.If(moves):
            m.d.sync += [row.eq(Cat(held)) for row, held in bits.registers()]
        given = [
            bits.seen(out >> 1, plan.pipeline.registers) if out > ONE else Const(out, 1)
            for out in plan.graph.outputs
        ]
        m.d.comb += Value.cast(self.o.payload).eq(Cat(given))
        return m


class _Bits:
    """Signals of a graph's bits: where they are made, and behind each row of registers.

    Part ``n`` of the network is what lies between rows ``n - 1`` and ``n``.
    """

    def __init__(self, plan: HeapPlan, inputs: Value):
        graph, pipeline = plan.graph, plan.pipeline
        self._part = [pipeline.row(level) for level in graph.levels]
        self._made = {0: Const(0, 1)} | dict(enumerate(inputs, start=1))
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
        if not bit or self._part[bit] == part:
            return self._made[bit]
        return self._rows[part - 1][self._places[part - 1][bit]]

    def taken_by(self, operation: Lut | Chain) -> dict[int, Value]:
        """Bits as the part sees them that an operation is in."""
        part = self._part[operation.outputs[0]]
        return {bit: self.seen(bit, part) for bit in operation.taken}

    def registers(self) -> list[tuple[Signal, list[Value]]]:
        """Rows of registers, and what they hold next."""
        return [
            (row, [self.seen(bit, number) for bit in places])
            for number, (row, places) in enumerate(zip(self._rows, self._places, strict=True))
        ]


def _signals_of(bits: _Bits, chain: Chain) -> tuple:
    """Parameters of what makes a chain."""
    seconds = [place.output for place in chain.places if place.output is not None]
    taken = bits.taken_by(chain) | {bit: bits.made(bit) for bit in seconds}
    places = [
        cells.CellPlace(
            Cat(taken[bit] for bit in place.inputs),
            place.propagates,
            place.second,
            None if place.past is None else taken[place.past],
            None if place.output is None else bits.made(place.output),
        )
        for place in chain.places
    ]
    carry = Const(1, 1) if chain.carry == ONE else taken[chain.carry >> 1]
    sums = [None if bit is None else bits.made(bit) for bit in chain.sums]
    return carry, places, sums, None if chain.last is None else bits.made(chain.last)


COMPONENT = HeapComponent
"""What realises the plan beside this module."""
