"""Average pooling in floating point, in hardware."""

from amaranth import Module

from build_decoder.hdl.floating.mean_rounder import MeanRounder, added_float
from build_decoder.hdl.layers.average_pool.component import AveragePoolComponent

__all__ = ["COMPONENT", "FloatAveragePoolComponent"]


class FloatAveragePoolComponent(AveragePoolComponent):
    """``o = round(mean of i)`` of codes; see
    :class:`quant.floating.average_pool.FloatAveragePool`. Values are taken from their range, as
    whole numbers, and added in the cycle in which they come. Control, streams and times are those
    of the layer in fixed point, of a longer ``plan.latency``."""

    def divider(self) -> MeanRounder:
        return MeanRounder(self.plan.division)

    def added(self, m: Module, lane: int, first, over, before):
        value = self.i.payload[lane]
        return added_float(m, str(lane), self.plan.division, value, before, first, over)


COMPONENT = FloatAveragePoolComponent
"""What realises the plan beside this module."""
