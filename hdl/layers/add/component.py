"""Elementwise sum in hardware."""

from functools import reduce
from operator import and_

from amaranth import Module, Signal, Value

from build_decoder.hdl.parts.adder_tree import adder_tree
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stage_component import StageComponent
from build_decoder.quant.operations.narrow import Narrow

__all__ = ["COMPONENT", "AddComponent"]


class AddComponent(StageComponent):
    """``o = sat(round_half_up(i0 + i1 + ...))``, lane by lane; see :class:`quant.layers.add.Total`.

    A transfer is taken from all inputs in the same cycle. The first register has their exact sums,
    and the last one, which is offered, what these are narrowed to. All stand still while that is
    not taken. Latency: ``plan.latency`` cycles, two in fixed point. Throughput: one transfer of
    each input a cycle::

        i0.payload  A   B   B   B   C   -   -
        i0.ready    1   0   0   1   1   0   0
        i1.payload  X   -   Y   Y   Z   -   -
        i1.ready    1   0   0   1   1   0   0
        o.payload   -   -   A+X A+X -   B+Y C+Z
        o.ready     1   1   0   1   1   1   1

    Parameters
    ----------
    plan : AddPlan
        The sum, and how many of its values are computed beside each other.

    Members
    -------
    i0, i1, ... : ``In``, streams of arrays of ``lanes`` values, each in its input's format
    o : ``Out``, stream of arrays of as many values
    """

    def sum_of_lane(self, m: Module, lane: int, moves: Signal) -> Value:
        """The sum of a lane's values, registered, ``plan.latency`` moves later."""
        total = self.plan.layer.total
        narrowing = Narrow(total.exact, total.output).requantise
        terms = [
            source.payload[lane].shift_left(narrowing.source.fraction - part.format.fraction)
            for source, part in zip(self.inputs, self.plan.inputs, strict=True)
        ]
        exact = Signal(shape_of(narrowing.source), name=f"exact_{lane}")
        m.submodules[f"narrow_{lane}"] = narrow = Requantiser(narrowing)
        m.d.comb += narrow.i.eq(exact)
        given = Signal.like(narrow.o, name=f"given_{lane}")
        with m.If(moves):
            m.d.sync += [exact.eq(adder_tree(terms)), given.eq(narrow.o)]
        return given

    def elaborate(self, platform):
        m = Module()
        inputs = self.inputs
        moves, take = Signal(), Signal()
        m.d.comb += [
            moves.eq(~self.o.valid | self.o.ready),
            take.eq(moves & reduce(and_, (source.valid for source in inputs))),
            *(source.ready.eq(take) for source in inputs),
        ]
        valid = take
        stages = [Signal(name=f"valid_{stage}") for stage in range(self.plan.latency - 1)]
        for after in (*stages, self.o.valid):
            with m.If(moves):
                m.d.sync += after.eq(valid)
            valid = after
        for lane in range(self.plan.lanes):
            m.d.comb += self.o.payload[lane].eq(self.sum_of_lane(m, lane, moves))
        return m


COMPONENT = AddComponent
