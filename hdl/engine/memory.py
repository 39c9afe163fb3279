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

    Value ``n`` is in bank ``n % taps``. Neighbours are in ``values`` two cycles after the number of
    the first of them was in ``read_at``. What is not written is zero, as it is around images.

    Members
    -------
    read_at : ``In``
    values : ``Out``, array of ``taps``
    write : ``In``, 1
    write_at, value : ``In``
    """

    def __init__(self, plan: EnginePlan):
        self.plan = plan
        number = range(plan.program.words * plan.taps)
        shape = shape_of(plan.value_format)
        super().__init__(
            {
                "read_at": In(number),
                "values": Out(data.ArrayLayout(shape, plan.taps)),
                "write": In(1),
                "write_at": In(number),
                "value": In(shape),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        bits, depth, width = plan.levels, plan.program.words, plan.value_format.width
        in_blocks = (family_of(platform) or DEFAULT).memory.ram_blocks(depth, width)
        banks = []
        first = Signal(bits)
        m.d.sync += first.eq(self.read_at[:bits])
        for number in range(plan.taps):
            m.submodules[f"bank_{number}"] = memory = Memory(
                shape=width, depth=depth, init=[],
                attrs={"ram_style": "block"} if in_blocks else {},
            )
            write, read = memory.write_port(), memory.read_port()
            word = self.read_at[bits:] + (self.read_at[:bits] > number)
            m.d.comb += [
                write.en.eq(self.write & (self.write_at[:bits] == number)),
                write.addr.eq(self.write_at[bits:]),
                write.data.eq(self.value),
                read.addr.eq(word),
            ]
            banks.append(read.data)
        for tap in range(plan.taps):
            chosen = mux_tree(m, banks, (first + tap)[:bits]) if bits else banks[0]
            m.d.sync += self.values.as_value().word_select(tap, width).eq(chosen)
        return m
