"""Memory of rows that are written and read again, a cycle later or more."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["RowMemory"]


class RowMemory(wiring.Component):
    """``rows`` words of ``width`` bits; ``read`` is the row that ``next_row`` was in the cycle
    before, without what was written in that cycle. A single row is a register.

    Members
    -------
    write : ``In``, 1
    row, next_row : ``In``, ``range(rows)``
        The row that is written, and the one that is read in the next cycle.
    data : ``In``, ``width``
    read : ``Out``, ``width``
    """

    def __init__(self, rows: int, width: int):
        self.rows = rows
        super().__init__(
            {
                "write": In(1),
                "row": In(range(rows)),
                "next_row": In(range(rows)),
                "data": In(width),
                "read": Out(width),
            }
        )

    def elaborate(self, platform):
        m = Module()
        if self.rows == 1:
            with m.If(self.write):
                m.d.sync += self.read.eq(self.data)
            return m
        m.submodules.memory = memory = Memory(shape=len(self.data), depth=self.rows, init=[])
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.en.eq(self.write),
            write.addr.eq(self.row),
            write.data.eq(self.data),
            read.addr.eq(self.next_row),
            self.read.eq(read.data),
        ]
        return m
