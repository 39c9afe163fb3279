"""Means over all positions in floating point, in hardware."""

from amaranth import Const, Module

from build_decoder.hdl.floating.mean_rounder import MeanRounder, added_float
from build_decoder.hdl.layers.global_average_pool.component import GlobalAveragePoolComponent

__all__ = ["COMPONENT", "FloatGlobalAveragePoolComponent"]


class FloatGlobalAveragePoolComponent(GlobalAveragePoolComponent):
    """``o = round(mean of i)`` of codes; see
    :class:`quant.floating.global_average_pool.FloatGlobalAveragePool`. Values are taken from their
    range, as whole numbers, and added in the cycle in which they come. Control, streams and times
    are those of the layer in fixed point, of a longer ``plan.latency``."""

    def divider(self) -> MeanRounder:
        return MeanRounder(self.plan.division)

    def added(self, m: Module, lane: int, first, before):
        value = self.i.payload[lane]
        return added_float(m, str(lane), self.plan.division, value, before, first, Const(0, 1))


COMPONENT = FloatGlobalAveragePoolComponent
"""What realises the plan beside this module."""
