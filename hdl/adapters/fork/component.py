"""Fork: one stream to several."""

from functools import reduce
from operator import and_

from amaranth import Module

from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "Fork"]


class Fork(StageComponent):
    """``o0 = i``, ``o1 = i`` and so on: each output gives every transfer.

    Latency: one cycle. Throughput: one transfer a cycle; none is taken in a cycle in which one that
    is offered at some output stays there::

        i.payload   A   B   B   C   -
        i.ready     1   0   1   1   1
        o0.valid    0   1   0   1   1
        o0.payload  -   A   -   B   C
        o0.ready    1   1   1   1   1
        o1.valid    0   1   1   1   1
        o1.payload  -   A   A   B   C
        o1.ready    1   0   1   1   1

    Parameters
    ----------
    plan : ForkPlan
        What is carried, and the number of outputs.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values
    o0, o1, ... : ``Out``, streams of such arrays
    """

    def elaborate(self, platform):
        m = Module()
        outputs = self.outputs
        free = (~output.valid | output.ready for output in outputs)
        m.d.comb += self.i.ready.eq(reduce(and_, free))
        for output in outputs:
            with m.If(output.ready):
                m.d.sync += output.valid.eq(0)
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += [output.payload.eq(self.i.payload), output.valid.eq(1)]
        return m


COMPONENT = Fork
