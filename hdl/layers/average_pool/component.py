"""Average pooling in hardware."""

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import data, wiring

from build_decoder.hdl.parts.constant_division import ConstantDivision
from build_decoder.hdl.parts.place import Place
from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from build_decoder.hdl.planning.windows import Windows
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "AveragePoolComponent"]


class AveragePoolComponent(StageComponent):
    """``o = sat(round_half_up(sum over a window of i / values of a window))``, lane by lane; see
    :class:`quant.layers.average_pool.AveragePool`.

    A buffer has the sums so far of the windows that are open: those of one step. The last value of
    a window goes with its sum through a product with a constant, which divides exactly
    (:class:`hdl.planning.reciprocal.Reciprocal`), and is narrowed. What is left over behind the
    last window is taken and not added; that window's mean comes with the end of it, so that
    outputs never come before all inputs are there.

    Latency: ``plan.latency`` cycles from the last transfer of a window, three in fixed point.
    Throughput: one transfer a cycle; one that ends a window waits while an output is offered and
    not taken. With a channel, two rows and windows of 2 by 2::

        i.payload   4   1   3   9   7   5   2   6   -   -   -
        i.ready     1   1   1   1   1   1   1   1   1   1   1
        o.valid     0   0   0   0   0   0   1   0   0   0   1
        o.payload   -   -   -   -   -   -   4   -   -   -   5
        o.ready     1   1   1   1   1   1   1   1   1   1   1

    Parameters
    ----------
    plan : AveragePoolPlan
        Shape, windows and formats.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values
    o : ``Out``, stream of arrays of ``lanes`` values
    """

    def divider(self) -> wiring.Component:
        """What makes a mean of a sum ``i``, with ``en``, in ``plan.latency`` cycles."""
        return ConstantDivision(self.plan.division)

    def added(self, m: Module, lane: int, first, over, before) -> Value:
        """The sum ``before``, which is nothing if the value of a lane is the ``first``, with that
        value, unless it is ``over``."""
        return Mux(first, 0, before) + Mux(over, 0, self.i.payload[lane])

    def elaborate(self, platform):
        m = Module()
        plan, lanes = self.plan, self.plan.tensor.lanes
        dividers = [self.divider() for _ in range(lanes)]
        sums = data.ArrayLayout(dividers[0].i.shape(), lanes)
        take, gives, moves = Signal(), Signal(), Signal()
        m.submodules.group = group = Place(Windows(plan.groups, 1))
        m.submodules.row = row = Place(plan.rows)
        m.submodules.step = step = Place(plan.steps)
        m.submodules.open = held = ReplayBuffer(sums, beats=plan.rows.windows * plan.groups)
        m.d.comb += [
            gives.eq(row.last & step.last),
            moves.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(~gives | moves),
            take.eq(self.i.valid & self.i.ready),
            group.step.eq(take),
            row.step.eq(take & group.ends),
            step.step.eq(take & group.ends & row.ends),
            held.write.eq(take),
            held.beat.eq(row.window * plan.groups + group.window),
            held.next_beat.eq(row.next_window * plan.groups + group.next_window),
        ]
        valid = take & gives
        stages = [Signal(name=f"valid_{stage}") for stage in range(plan.latency - 1)]
        for after in (*stages, self.o.valid):
            with m.If(moves):
                m.d.sync += after.eq(valid)
            valid = after
        first, over = row.first & step.first, row.over | step.over
        for lane, divide in enumerate(dividers):
            m.submodules[f"divide_{lane}"] = divide
            m.d.comb += [
                held.data[lane].eq(self.added(m, lane, first, over, held.replayed[lane])),
                divide.en.eq(moves),
                divide.i.eq(held.data[lane]),
                self.o.payload[lane].eq(divide.o),
            ]
        return m


COMPONENT = AveragePoolComponent
"""What realises the plan beside this module."""
