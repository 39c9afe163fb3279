"""Plan of attention in floating point."""

from dataclasses import dataclass
from functools import cached_property

from build_decoder.hdl.floating.attention.quotients import FloatQuotients
from build_decoder.hdl.floating.attention.scores import FloatScores
from build_decoder.hdl.floating.rounding import Rounding
from build_decoder.hdl.layers.attention.plan import AttentionPlan
from build_decoder.hdl.planning.serial_division import SerialDivision
from build_decoder.quant.floating.attention import FloatAttention

__all__ = ["FloatAttentionPlan"]


@dataclass(frozen=True)
class FloatAttentionPlan(AttentionPlan):
    """Plan of attention in floating point: the control of any other.

    Values are taken from their range in a cycle of their own, and the bias has one too.
    """

    name = "float_attention"
    layer_type = FloatAttention
    writable = False

    layer: FloatAttention

    @property
    def powers(self) -> tuple[int, int]:
        return self.layer.powers

    @cached_property
    def scores(self) -> FloatScores:
        return FloatScores.of(self.layer, self.folding.inputs_per_cycle, self.multipliers)

    @property
    def power_latency(self) -> int:
        return super().power_latency + 2

    @property
    def weighted_width(self) -> int:
        """Bits of a channel's sum of products with powers, which has a sign."""
        return self.layer.weighted_bound.bit_length() + 1

    @property
    def quotients(self) -> FloatQuotients:
        layer, format = self.layer, self.layer.output
        total, whole = self.total_width, layer.range.steps.bit_length()
        # So many that the bit behind the last one of any code is there.
        places = min(total + format.fraction + 3, layer.least - format.least_exponent + 2)
        division = SerialDivision(
            max(total + whole, self.weighted_width), total, whole, places
        )
        return FloatQuotients(
            count=layer.channels,
            inputs=self.folding.inputs_per_cycle,
            lanes=self.lanes,
            numerator=self.weighted_width,
            division=division,
            rounding=Rounding(division.bits + 1, False, layer.least - places - 1, format),
        )
