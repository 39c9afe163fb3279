"""Plan of sums of an attention over time steps."""

from dataclasses import dataclass
from functools import cached_property

from build_decoder.hdl.layers.attention.weighing_plan import WeighingPlan
from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.quant.layers.attention_sums import AttentionSums
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

__all__ = ["AttentionSumsPlan"]


@dataclass(frozen=True)
class AttentionSumsPlan(WeighingPlan):
    """Plan of sums of an attention: a multiplier a lane.

    Behind a step's values comes a 1, whose products with powers are added to their sum as those of
    a channel are. A frame's last sums go out as they are made.
    """

    name = "attention_sums"
    layer_type = AttentionSums

    @property
    def operand(self) -> QFormat:
        """Values as they are, and 1."""
        return self.layer.attend.operand

    @property
    def rows(self) -> int:
        """Rows of products with a step's power: those of its values and of 1."""
        return -(-self.layer.attend.outputs // self.folding.inputs_per_cycle)

    @property
    def one(self) -> tuple[int, int]:
        """Row and lane of the 1."""
        return divmod(self.layer.attend.channels, self.folding.inputs_per_cycle)

    @cached_property
    def weighted(self) -> Span:
        """Range of sums, running ones too, that start from :attr:`start`."""
        attend, (_, most) = self.layer.attend, self.powers
        exact = Span(attend.power.output.fraction, 0, most) * Span.of(attend.operand)
        exact = exact.times(attend.steps)
        return exact + Span(exact.fraction, 0, self.start)

    @property
    def start(self) -> int:
        """What sums start from, so that dropping bits rounds half up."""
        attend = self.layer.attend
        dropped = attend.weighted.fraction - attend.output.fraction
        return 1 << (dropped - 1) if dropped > 0 else 0

    @property
    def weighted_width(self) -> int:
        """Bits of a sum."""
        return self.weighted.width

    @property
    def narrowing(self) -> Requantise:
        """From sums to the output; the rounding constant is in them."""
        return Requantise(self.weighted.format, self.layer.output, Rounding.FLOOR)

    @property
    def last_row_values(self) -> int:
        """Sums in the last row."""
        return self.layer.attend.outputs - (self.rows - 1) * self.folding.inputs_per_cycle

    @property
    def own_adders(self) -> int:
        # What is offered, and what waits behind it.
        return 2 * self.lanes * self.layer.output.width

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        inputs = self.folding.inputs_per_cycle
        kept = (self.groups, inputs * self.layer.attend.input.width)
        sums = (self.groups, inputs * self.weighted_width)
        return (kept, sums) if self.groups > 1 else ()

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes steps, and gives the sums of the last one."""
        taken, waits, weighted = (
            Phase(self.groups, take=(0,)), Phase(self.power_latency), Phase(self.rows)
        )
        last = Phase(self.output.beats, give=(0,))
        phases = (taken, waits, weighted) * (self.layer.attend.steps - 1) + (taken, waits, last)
        return (Actor(phases, registers=2),)
