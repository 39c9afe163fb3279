"""Means over all positions in hardware."""

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import data, wiring

from build_decoder.hdl.parts.constant_division import ConstantDivision
from build_decoder.hdl.parts.place import Place
from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from build_decoder.hdl.planning.windows import Windows
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "GlobalAveragePoolComponent"]


class GlobalAveragePoolComponent(StageComponent):
    """``o = sat(round_half_up(sum over all positions of i / positions))``, lane by lane; see
    :class:`quant.layers.global_average_pool.GlobalAveragePool`.

    A buffer has the sums so far. The last position's sums go through a product with a constant,
    which divides exactly (:class:`hdl.planning.reciprocal.Reciprocal`), and are narrowed.

    Latency: ``plan.latency`` cycles from the last transfer in to the last one out, three in fixed
    point. Throughput: one transfer a
    cycle; those of the last position wait while an output is offered and not taken. Of one channel
    and three positions::

        i.payload   4   1   4   6   6   3
        i.ready     1   1   1   1   1   1
        o.valid     0   0   0   0   0   1
        o.payload   -   -   -   -   -   3

    Parameters
    ----------
    plan : GlobalAveragePoolPlan
        Shape and formats.

    Members
    -------
    i : ``In``, stream of arrays of ``lanes`` values
    o : ``Out``, stream of arrays of ``lanes`` values
    """

    def divider(self) -> wiring.Component:
        """What makes a mean of a sum ``i``, with ``en``, in ``plan.latency`` cycles."""
        return ConstantDivision(self.plan.division)

    def added(self, m: Module, lane: int, first, before) -> Value:
        """The sum ``before``, which is nothing if the value of a lane is the ``first``, with that
        value."""
        return Mux(first, 0, before) + self.i.payload[lane]

    def elaborate(self, platform):
        m = Module()
        plan, lanes = self.plan, self.plan.tensor.lanes
        dividers = [self.divider() for _ in range(lanes)]
        sums = data.ArrayLayout(dividers[0].i.shape(), lanes)
        take, moves = Signal(), Signal()
        m.submodules.group = group = Place(Windows(plan.groups, 1))
        m.submodules.position = position = Place(plan.positions)
        m.submodules.sums = held = ReplayBuffer(sums, beats=plan.groups)
        m.d.comb += [
            moves.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(~position.last | moves),
            take.eq(self.i.valid & self.i.ready),
            group.step.eq(take),
            position.step.eq(take & group.ends),
            held.write.eq(take),
            held.beat.eq(group.window),
            held.next_beat.eq(group.next_window),
        ]
        valid = take & position.last
        stages = [Signal(name=f"valid_{stage}") for stage in range(plan.latency - 1)]
        for after in (*stages, self.o.valid):
            with m.If(moves):
                m.d.sync += after.eq(valid)
            valid = after
        for lane, divide in enumerate(dividers):
            m.submodules[f"divide_{lane}"] = divide
            m.d.comb += [
                held.data[lane].eq(self.added(m, lane, position.first, held.replayed[lane])),
                divide.en.eq(moves),
                divide.i.eq(held.data[lane]),
                self.o.payload[lane].eq(divide.o),
            ]
        return m


COMPONENT = GlobalAveragePoolComponent
"""What realises the plan beside this module."""
