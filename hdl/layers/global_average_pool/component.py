"""Means over all positions in hardware."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data

from build_decoder.hdl.parts.constant_division import ConstantDivision
from build_decoder.hdl.parts.place import Place
from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from build_decoder.hdl.planning.windows import Windows
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "GlobalAveragePoolComponent"]


class GlobalAveragePoolComponent(StageComponent):
    """``o = sat(round_half_up(sum over all positions of i / positions))``, lane by lane; see
    :class:`quant.layers.global_average_pool.GlobalAveragePool`.

    A buffer has the sums so far. The last position's sums go through a product with a constant,
    which divides exactly (:class:`hdl.planning.reciprocal.Reciprocal`), and are narrowed.

    Latency: three cycles from the last transfer in to the last one out. Throughput: one transfer a
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

    def elaborate(self, platform):
        m = Module()
        plan, lanes = self.plan, self.plan.tensor.lanes
        sums = data.ArrayLayout(shape_of(plan.layer.average.sums.format), lanes)
        take, moves = Signal(), Signal()
        summed, multiplied = Signal(), Signal()
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
        with m.If(moves):
            m.d.sync += [
                summed.eq(take & position.last),
                multiplied.eq(summed),
                self.o.valid.eq(multiplied),
            ]
        for lane in range(lanes):
            before = Mux(position.first, 0, held.replayed[lane])
            m.d.comb += held.data[lane].eq(before + self.i.payload[lane])
            m.submodules[f"divide_{lane}"] = divide = ConstantDivision(plan.division)
            m.d.comb += [
                divide.en.eq(moves),
                divide.i.eq(held.data[lane]),
                self.o.payload[lane].eq(divide.o),
            ]
        return m


COMPONENT = GlobalAveragePoolComponent
"""What realises the plan beside this module."""
