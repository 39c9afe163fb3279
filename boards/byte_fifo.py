"""The board's FIFO of received bytes."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.byte_memory import byte_memory
from build_decoder.hdl.families import DEFAULT, family_of

__all__ = ["ByteFifo"]


class ByteFifo(wiring.Component):
    """Bytes in their order, out of a memory whose output is registered.

    All that others see is a register, and what they give goes into one: bytes of a line come many
    cycles apart. Latency: 4 cycles from a byte that comes to the empty FIFO until it is offered.
    Throughput: a byte in each cycle in, and one in 5 cycles out.

    Parameters
    ----------
    depth
        A power of two: so many bytes less one find room.

    Members
    -------
    i, o
        Bytes.
    """

    i: In(stream.Signature(8))
    o: Out(stream.Signature(8))

    def __init__(self, *, depth: int):
        if depth < 2 or depth & depth - 1:
            raise ValueError(f"expected a power of two, 2 or more, got {depth}")
        self.depth = depth
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        write_at, read_at = Signal(range(self.depth)), Signal(range(self.depth))
        level = Signal(range(self.depth + 1))
        taken, moved = self.o.valid & self.o.ready, Signal()
        written = self.i.valid & self.i.ready
        some, settled = Signal(), Signal()
        at_rest = ~(taken | moved)
        memory = (family_of(platform) or DEFAULT).memory
        m.d.comb += self.o.payload.eq(
            byte_memory(
                m, [0] * self.depth, platform, read_at=read_at, write_at=write_at, write=written,
                byte=self.i.payload, in_blocks=memory.ram_blocks(self.depth, 8) > 0,
            )
        )  # fmt: skip
        m.d.sync += [
            moved.eq(taken),
            write_at.eq(write_at + written),
            read_at.eq(read_at + moved),
            level.eq(level + written - moved),
            # A cycle late, in which one more may come.
            self.i.ready.eq(level < self.depth - 1),
            # A byte that is there in one cycle is in the memory's output register two cycles later.
            some.eq((level != 0) & at_rest),
            settled.eq(some & at_rest),
            self.o.valid.eq(settled & at_rest),
        ]
        return m
