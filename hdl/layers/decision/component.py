"""Decision for one of several classes in hardware."""

from amaranth import Module, Mux, Signal

from build_decoder.hdl.shapes import ordered
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "DecisionComponent"]


class DecisionComponent(StageComponent):
    """``o = index of the largest i``; of equals, of the first one.

    The largest value so far and its index are kept. Latency: one cycle from the last value.
    Throughput: one value a cycle; the last one of a frame waits while a decision is offered and not
    taken. Of three classes::

        i.payload   2   7   7   5   4   1   -
        i.ready     1   1   1   1   1   1   1
        o.valid     0   0   0   1   0   0   1
        o.payload   -   -   -   1   -   -   0

    Parameters
    ----------
    plan : DecisionPlan
        Format and number of the values.

    Members
    -------
    i : ``In``, stream of arrays of one value
    o : ``Out``, stream of arrays of one index
    """

    def elaborate(self, platform):
        m = Module()
        value = ordered(self.i.payload[0], self.plan.layer.input)
        index, best = Signal(self.o.payload[0].shape()), Signal(self.o.payload[0].shape())
        largest = Signal(value.shape())
        take, last, larger, decided = Signal(), Signal(), Signal(), Signal.like(best)
        m.d.comb += [
            last.eq(index == self.plan.layer.classes - 1),
            self.i.ready.eq(~last | ~self.o.valid | self.o.ready),
            take.eq(self.i.valid & self.i.ready),
            larger.eq((index == 0) | (value > largest)),
            decided.eq(Mux(larger, index, best)),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(take):
            m.d.sync += [index.eq(Mux(last, 0, index + 1)), best.eq(decided)]
            with m.If(larger):
                m.d.sync += largest.eq(value)
            with m.If(last):
                m.d.sync += [self.o.valid.eq(1), self.o.payload[0].eq(decided)]
        return m


COMPONENT = DecisionComponent
"""What realises the plan beside this module."""
