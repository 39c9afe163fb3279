"""Memory of columns of a column engine."""

from amaranth import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.parts.mux_tree import mux_tree
from build_decoder.hdl.shapes import shape_of

__all__ = ["EngineMemory"]


class EngineMemory(wiring.Component):
    """Keeps values, and reads ``taps`` neighbours of them in a cycle.

    Value ``n`` is in bank ``n % banks``. Neighbours are in ``values`` two cycles after the number
    of the first of them was in ``read_at``. What is not written is zero, as it is around images.

    Members
    -------
    read_at : ``In``
    values : ``Out``, array of ``taps``
    write : ``In``, ``lanes``
        Which of ``given`` are written.
    write_at : ``In``
        Number of one of those that are written; the lane is that of its last bits.
    given : ``In``, array of ``lanes``
    """

    def __init__(self, plan: EnginePlan):
        self.plan = plan
        number = range(plan.program.words * plan.program.banks)
        shape = shape_of(plan.value_format)
        super().__init__(
            {
                "read_at": In(number),
                "values": Out(data.ArrayLayout(shape, plan.taps)),
                "write": In(plan.lanes),
                "write_at": In(number),
                "given": In(data.ArrayLayout(shape, plan.lanes)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, program, lanes = self.plan, self.plan.program, self.plan.lanes
        depth, width = program.words, plan.value_format.width
        bits = program.banks.bit_length() - 1
        in_blocks = (family_of(platform) or DEFAULT).memory.ram_blocks(depth, width)
        banks = []
        first = Signal(bits)
        m.d.sync += first.eq(self.read_at[:bits])
        group = self.write_at[lanes.bit_length() - 1 : bits]
        for number in range(program.banks):
            m.submodules[f"bank_{number}"] = memory = Memory(
                shape=width, depth=depth, init=[],
                attrs={"ram_style": "block"} if in_blocks else {},
            )
            write, read = memory.write_port(), memory.read_port()
            word = self.read_at[bits:] + (self.read_at[:bits] > number)
            m.d.comb += [
                write.en.eq(self.write[number % lanes] & (group == number // lanes)),
                write.addr.eq(self.write_at[bits:]),
                write.data.eq(self.given[number % lanes]),
                read.addr.eq(word),
            ]
            banks.append(read.data)
        for tap in range(plan.taps):
            chosen = mux_tree(m, banks, (first + tap)[:bits]) if bits else banks[0]
            m.d.sync += self.values.as_value().word_select(tap, width).eq(chosen)
        return m
