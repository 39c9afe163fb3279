"""Some rows and columns handed on, in hardware."""

from amaranth import Module, Mux, Signal

from build_decoder.hdl.parts.place import Place
from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from build_decoder.hdl.planning.windows import Windows
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "StrideComponent"]


class StrideComponent(StageComponent):
    """``o`` is every so manieth row and column of ``i``; see :class:`quant.layers.stride.Stride`.

    A buffer has the first value of each window that is open. It comes with the last one, so that
    outputs never come before all inputs are there.

    Latency: one cycle from the last transfer of a window. Throughput: one transfer a cycle; one
    that ends a window waits while an output is offered and not taken. With a channel, two rows and
    steps of 2 by 2::

        i.payload   4   1   3   9   7   5   2   6   -
        i.ready     1   1   1   1   1   1   1   1   1
        o.valid     0   0   0   0   1   0   0   0   1
        o.payload   -   -   -   -   4   -   -   -   7
        o.ready     1   1   1   1   1   1   1   1   1

    Parameters
    ----------
    plan : StridePlan
        Shape, and what is handed on.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values
    o : ``Out``, stream of arrays of ``lanes`` values
    """

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        take, gives = Signal(), Signal()
        m.submodules.group = group = Place(Windows(plan.groups, 1))
        m.submodules.row = row = Place(plan.rows)
        m.submodules.step = step = Place(plan.steps)
        m.submodules.open = held = ReplayBuffer(
            self.i.payload.shape(), beats=plan.rows.windows * plan.groups
        )
        m.d.comb += [
            gives.eq(row.last & step.last),
            self.i.ready.eq(~gives | ~self.o.valid | self.o.ready),
            take.eq(self.i.valid & self.i.ready),
            group.step.eq(take),
            row.step.eq(take & group.ends),
            step.step.eq(take & group.ends & row.ends),
            held.write.eq(take),
            held.beat.eq(row.window * plan.groups + group.window),
            held.next_beat.eq(row.next_window * plan.groups + group.next_window),
            held.data.eq(Mux(row.first & step.first, self.i.payload, held.replayed)),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(take & gives):
            m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(held.data)]
        return m


COMPONENT = StrideComponent
"""What realises the plan beside this module."""
