"""Elementwise sum in floating point, in hardware."""

from functools import reduce
from operator import or_

from amaranth import Module, Signal, Value, signed

from build_decoder.hdl.floating.rounder import Rounder
from build_decoder.hdl.floating.taken import Taken
from build_decoder.hdl.layers.add.component import AddComponent
from build_decoder.hdl.parts.adder_tree import adder_tree

__all__ = ["COMPONENT", "FloatAddComponent"]


class FloatAddComponent(AddComponent):
    """``o = round(i0 + i1 + ...)`` of codes, lane by lane; see
    :class:`quant.floating.add.FloatAdd`. Values are taken from their range, as whole numbers.
    Control, streams and times are those of the sum in fixed point, of a longer ``plan.latency``.
    """

    def sum_of_lane(self, m: Module, lane: int, moves: Signal) -> Value:
        plan, numbers, nans = self.plan, [], []
        for which, source in enumerate(self.inputs):
            m.submodules[f"taken_{which}_{lane}"] = taken = Taken(plan.taken)
            m.d.comb += taken.i.eq(source.payload[lane])
            numbers.append(taken.o.significand << taken.o.shift)
            nans.append(taken.o.nan)
        exact = Signal(signed(plan.rounding.width), name=f"exact_{lane}")
        nan = Signal(name=f"nan_{lane}")
        with m.If(moves):
            m.d.sync += [exact.eq(adder_tree(numbers)), nan.eq(reduce(or_, nans))]
        m.submodules[f"round_{lane}"] = rounder = Rounder(plan.rounding)
        m.d.comb += [rounder.en.eq(moves), rounder.nan.eq(nan), rounder.i.eq(exact)]
        return rounder.o


COMPONENT = FloatAddComponent
"""What realises the plan beside this module."""
