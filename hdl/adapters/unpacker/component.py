"""Unpacker: narrow transfers of wider ones."""

from amaranth import Module, Mux, Signal, Value

from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "Unpacker"]


class Unpacker(StageComponent):
    """Gives the values of each transfer one by one, or a few at a time, lane 0 first.

    Latency: one cycle. Throughput: a transfer out in a cycle; the next one in is taken as the last
    values of the one before leave. Of transfers of two values, one by one::

        i.payload   1,2  3,4  3,4   -    -
        i.ready      1    0    1    0    1
        o.valid      0    1    1    1    1
        o.payload    -    1    2    3    4

    Parameters
    ----------
    plan : UnpackerPlan
        What comes in.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values
    o : ``Out``, stream of arrays of fewer lanes, which divide these
    """

    def elaborate(self, platform):
        m = Module()
        width, tensor = self.plan.output.payload_width, self.plan.tensor
        transfers = tensor.lanes // self.plan.lanes
        left = Signal(range(transfers))
        held = Signal(tensor.payload_width, reset_less=True)
        moves, more = ~self.o.valid | self.o.ready, left != 0
        m.d.comb += [self.i.ready.eq(moves & ~more), Value.cast(self.o.payload).eq(held[:width])]
        with m.If(moves):
            take = self.i.valid & ~more
            m.d.sync += [
                self.o.valid.eq(more | take),
                held.eq(Mux(more, held >> width, Value.cast(self.i.payload))),
                left.eq(Mux(more, left - 1, Mux(take, transfers - 1, 0))),
            ]
        return m


COMPONENT = Unpacker
"""What realises the plan beside this module."""
