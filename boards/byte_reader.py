"""The board's reader of the memory that holds a frame and the contents of an INFO reply."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["ByteReader"]


class ByteReader(wiring.Component):
    """Reads a byte memory downwards: after ``start``, the bytes at ``first``, ``first - 1``, ...

    Latency: the first byte is offered 3 cycles after ``start``. Throughput: one byte in 3 cycles.

    Parameters
    ----------
    depth
        Bytes of the memory.
    beyond
        Bytes that may be read below address 0, whose values are arbitrary.

    Members
    -------
    start, first
        Begin at an address, whatever was read before.
    address, byte
        Read port of the memory: ``byte`` is what lies at the ``address`` of two cycles before.
    o
        Bytes.
    ended
        All down to address 0 have been taken.
    """

    def __init__(self, *, depth: int, beyond: int):
        self.depth = depth
        self.beyond = beyond
        super().__init__(
            {
                "start": In(1),
                "first": In(range(depth)),
                "address": Out(range(depth)),
                "byte": In(8),
                "o": Out(stream.Signature(8)),
                "ended": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        address = Signal(range(-1 - self.beyond, self.depth))
        taken = self.o.valid & self.o.ready
        m.d.comb += [
            self.address.eq(address),
            self.ended.eq(address < 0),
            self.o.payload.eq(self.byte),
        ]
        settled = Signal()
        moved = self.start | taken
        m.d.sync += [settled.eq(~moved), self.o.valid.eq(settled & ~moved)]
        with m.If(self.start):
            m.d.sync += address.eq(self.first)
        with m.Elif(taken):
            m.d.sync += address.eq(address - 1)
        return m
