"""Unpacker: single values of wider transfers."""

from amaranth import Module, Mux, Signal, Value

from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "Unpacker"]


class Unpacker(StageComponent):
    """Gives the values of each transfer one by one, lane 0 first.

    Latency: one cycle. Throughput: one value a cycle; the next transfer is taken as the last value
    of the one before leaves. Of transfers of two values::

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
    o : ``Out``, stream of arrays of 1 value
    """

    def elaborate(self, platform):
        m = Module()
        width, lanes = self.plan.tensor.format.width, self.plan.tensor.lanes
        left = Signal(range(lanes))
        held = Signal(width * lanes, reset_less=True)
        moves, more = ~self.o.valid | self.o.ready, left != 0
        m.d.comb += [self.i.ready.eq(moves & ~more), self.o.payload.eq(held[:width])]
        with m.If(moves):
            take = self.i.valid & ~more
            m.d.sync += [
                self.o.valid.eq(more | take),
                held.eq(Mux(more, held >> width, Value.cast(self.i.payload))),
                left.eq(Mux(more, left - 1, Mux(take, lanes - 1, 0))),
            ]
        return m


COMPONENT = Unpacker
"""What realises the plan beside this module."""
