"""FIFO: transfers wait for whoever takes them."""

from amaranth import Module
from amaranth.lib.fifo import SyncFIFOBuffered

from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "Fifo"]


class Fifo(StageComponent):
    """``o = i``, up to ``depth`` transfers later.

    Latency: two cycles. Throughput: one transfer a cycle, or one in two cycles of depth 2. Ahead of
    the register with the offered transfer is a memory, in which a place is free from the cycle
    after the one in which a transfer leaves it. Of depth 2, with one place in the memory::

        i.payload   A   B   B   C   C
        i.ready     1   0   1   0   1
        o.valid     0   0   1   0   1
        o.payload   -   -   A   -   B
        o.ready     1   1   1   1   1

    Parameters
    ----------
    plan : FifoPlan
        What is carried, and the depth.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values
    o : ``Out``, stream of such arrays
    """

    def elaborate(self, platform):
        m = Module()
        m.submodules.fifo = fifo = SyncFIFOBuffered(
            width=self.plan.tensor.payload_width, depth=self.plan.depth
        )
        m.d.comb += [
            fifo.w_data.eq(self.i.payload),
            fifo.w_en.eq(self.i.valid),
            self.i.ready.eq(fifo.w_rdy),
            self.o.payload.eq(fifo.r_data),
            self.o.valid.eq(fifo.r_rdy),
            fifo.r_en.eq(self.o.ready),
        ]
        return m


COMPONENT = Fifo
