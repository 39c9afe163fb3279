"""Replay: values in another order."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib.memory import Memory

from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "Replay"]


class Replay(StageComponent):
    """``o`` has the values of each block of ``i`` in the order of the plan, block after block.

    A memory has two blocks: one is written while the other is read. Latency: one cycle from the
    last value of a block in to its first value out. Throughput: one value a cycle. Of blocks of
    three values in the order 2, 0, 1::

        i.payload   A   B   C   D   E   F   -   -   -
        i.ready     1   1   1   1   1   1   1   1   1
        o.valid     0   0   0   0   1   1   1   1   1
        o.payload   -   -   -   -   C   A   B   F   D

    Parameters
    ----------
    plan : ReplayPlan
        What is carried, and the order.

    Members
    -------
    i : ``In``, stream of arrays of 1 value
    o : ``Out``, stream of arrays of 1 value
    """

    def elaborate(self, platform):
        m = Module()
        plan, width = self.plan, self.plan.tensor.payload_width
        bits = (plan.block - 1).bit_length()
        m.submodules.memory = memory = Memory(shape=width, depth=2 << bits, init=[])
        write, read = memory.write_port(), memory.read_port()
        m.submodules.order = order = Memory(shape=bits, depth=plan.block, init=plan.order)
        place = order.read_port(domain="comb")

        writes, reads = Signal(), Signal()
        block_in, block_out = Signal(), Signal()
        number_in, number_out = Signal(bits), Signal(bits)
        blocks = Signal(range(3))
        filled, emptied = writes & (number_in == plan.block - 1), Signal()
        m.d.comb += [
            # A block that is begun has its place until it is read.
            self.i.ready.eq(blocks != 2),
            writes.eq(self.i.valid & self.i.ready),
            reads.eq((blocks != 0) & (~self.o.valid | self.o.ready)),
            emptied.eq(reads & (number_out == plan.block - 1)),
            write.en.eq(writes),
            write.addr.eq(Cat(number_in, block_in)),
            write.data.eq(self.i.payload),
            place.addr.eq(number_out),
            read.en.eq(reads),
            read.addr.eq(Cat(place.data, block_out)),
            self.o.payload.eq(read.data),
        ]
        with m.If(writes):
            m.d.sync += number_in.eq(Mux(filled, 0, number_in + 1))
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(reads):
            m.d.sync += [self.o.valid.eq(1), number_out.eq(Mux(emptied, 0, number_out + 1))]
        m.d.sync += [
            block_in.eq(block_in ^ filled),
            block_out.eq(block_out ^ emptied),
            blocks.eq(blocks + filled - emptied),
        ]
        return m


COMPONENT = Replay
"""What realises the plan beside this module."""
