"""Packer: single values gathered into wider transfers."""

from amaranth import Module, Mux, Signal

from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "Packer"]


class Packer(StageComponent):
    """Gathers ``lanes`` values into one transfer; a frame's last transfer may be filled in part.

    A full transfer is seen one cycle after its last value. Throughput: one value a cycle; none is
    taken in a cycle in which a transfer waits, so that it holds until it is taken.

    Parameters
    ----------
    plan : PackerPlan
        Shape and counts.

    Members
    -------
    i : ``In``, stream of arrays of 1 value
    o : ``Out``, stream of arrays of ``lanes`` values
    """

    def elaborate(self, platform):
        m = Module()
        lane = Signal(range(self.plan.lanes))
        number = Signal(range(self.plan.count))
        last = number == self.plan.count - 1
        full = (lane == self.plan.lanes - 1) | last
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                self.o.payload[lane].eq(self.i.payload[0]),
                self.o.valid.eq(full),
                lane.eq(Mux(full, 0, lane + 1)),
                number.eq(Mux(last, 0, number + 1)),
            ]
        return m


COMPONENT = Packer
"""What realises the plan beside this module."""
