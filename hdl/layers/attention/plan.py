"""Plan of attention over time steps."""

from dataclasses import dataclass, replace

from build_decoder.hdl.layers.attention.memories import AttentionMemories
from build_decoder.hdl.layers.attention.weighing_plan import WeighingPlan
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.quotients import Quotients
from build_decoder.hdl.planning.serial_division import SerialDivision
from build_decoder.hdl.planning.writable import Writable
from build_decoder.quant.layers.attention import Attention
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise

__all__ = ["AttentionPlan"]


@dataclass(frozen=True)
class AttentionPlan(AttentionMemories, WeighingPlan):
    """Plan of attention: a multiplier and a divider a lane.

    Behind a frame's last step, the sums are divided, a bit of a quotient a cycle, while the next
    frame's steps come in.

    Parameters
    ----------
    reloadable
        Whether weights and biases are written at run time.
    """

    name = "attention"
    layer_type = Attention
    writable = True

    reloadable: bool = False

    @property
    def operand(self) -> QFormat:
        """Values that are moved up by the least one; as they are, with a sign, where weights are
        written."""
        input = self.layer.attend.input
        signed = self.reloadable and input.signed
        return QFormat(input.width + signed - input.fraction, input.fraction, signed=signed)

    @property
    def rows(self) -> int:
        """Rows of products with a step's power: those of its values."""
        return self.groups

    @property
    def weighted_width(self) -> int:
        """Bits of a channel's sum of moved values times powers."""
        _, most = self.powers
        attend = self.layer.attend
        return max((attend.steps * most * ((1 << attend.input.width) - 1)).bit_length(), 1)

    @property
    def total_width(self) -> int:
        """Bits of a sum of powers."""
        _, most = self.powers
        return max((self.layer.attend.steps * most).bit_length(), 1)

    @property
    def quotients(self) -> Quotients:
        """The division of one by the other, down to the bit that is rounded."""
        attend, (least, _) = self.layer.attend, self.powers
        whole = attend.input.width
        places = max(attend.output.fraction - attend.input.fraction + 1, 1 - whole)
        # A numerator is less than a sum of powers times a power of two, whatever its own bits are.
        division = SerialDivision(self.total_width + whole, self.total_width, whole, places)
        fraction = attend.input.fraction + places
        source = QFormat(division.bits - fraction, fraction, attend.input.signed)
        return Quotients(
            count=attend.channels,
            inputs=self.folding.inputs_per_cycle,
            lanes=self.lanes,
            numerator=self.weighted_width,
            division=division,
            narrowing=Requantise(source, attend.output),
            zero=least == 0,
        )

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        inputs, groups = self.folding.inputs_per_cycle, self.groups
        sums = (groups, inputs * self.weighted_width)
        kept = ((groups, inputs * self.layer.attend.input.width), sums, sums)
        return kept if groups > 1 else ()

    @property
    def own_adders(self) -> int:
        return self.total_width + self.quotients.adders

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes steps, the division, and what sends quotients."""
        groups, steps = self.groups, self.layer.attend.steps
        # Weighting begins a cycle after it is seen that the sums of the last frame are divided.
        free, finished = Slot(1, delay=2), Slot(0, delay=2)
        taken, waits, weighted = (
            Phase(groups, take=(0,)), Phase(self.power_latency), Phase(groups)
        )
        last = Phase(groups, reserve=((free, 1),), release=((finished, 1),))
        return (
            Actor((taken, waits, weighted) * (steps - 1) + (taken, waits, last)),
            *self.quotients.actors(free, finished),
        )

    @property
    def memories(self) -> tuple[Writable, ...]:
        return self.written if self.reloadable else ()

    def reloadable_too(self) -> "AttentionPlan":
        if not self.layer.writable:
            raise ValueError(
                "expected weights with room for others, which are quantised for it, got constants"
            )
        return replace(self, reloadable=True)
