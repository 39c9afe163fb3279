"""Plan of attention over time steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.layers.attention.memories import AttentionMemories
from build_decoder.hdl.layers.attention.scores import Scores
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.power_range import power_range
from build_decoder.hdl.planning.quotients import Quotients
from build_decoder.hdl.planning.serial_division import SerialDivision
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.writable import Writable
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.attention import Attention
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise

__all__ = ["AttentionPlan"]

_SMALLEST = Folding(1, 1)


@dataclass(frozen=True)
class AttentionPlan(AttentionMemories, LayerPlan):
    """Plan of attention: a multiplier and a divider a lane.

    A step's values are multiplied with their weights as they come. When its power is known, the
    same multipliers make the products of the values with it, which are added to a sum a channel;
    meanwhile no other step comes in. Behind a frame's last step, the sums are divided, a bit of a
    quotient a cycle, while the next frame's steps come in.

    Parameters
    ----------
    layer
        The attention.
    folding
        Channels a cycle, into one score.
    lanes
        Values a transfer out: as many as channels a cycle, or one.
    multipliers
        Units that make the products of a cycle; a DSP block for each if None.
    reloadable
        Whether weights and biases are written at run time.

    Raises
    ------
    ValueError
        If it is folded or gives otherwise, or powers may be negative.
    """

    name = "attention"
    layer_type = Attention
    folds = False
    writable = True

    layer: Attention
    folding: Folding
    lanes: int
    multipliers: Multipliers | None = None
    reloadable: bool = False

    def __post_init__(self):
        inputs, outputs = self.folding.inputs_per_cycle, self.folding.outputs_per_cycle
        if outputs != 1 or inputs > self.layer.attend.channels:
            raise ValueError(
                f"expected 1 to {self.layer.attend.channels} channels a cycle into 1 score, got "
                f"{self.folding}"
            )
        if self.lanes not in (1, inputs):
            raise ValueError(f"expected 1 or {inputs} values a transfer, got {self.lanes}")
        _ = self.powers
        object.__setattr__(self, "multipliers", self.scores.multipliers)

    @property
    def powers(self) -> tuple[int, int]:
        """Least and greatest raw power of a step."""
        power = self.layer.attend.power
        return power_range(power, power.input.max_raw)

    @cached_property
    def scores(self) -> Scores:
        """What makes the products."""
        return Scores.of(
            self.layer, self.folding.inputs_per_cycle, self.multipliers, self.reloadable
        )

    @property
    def multiplying(self) -> Scores:
        return self.scores

    @property
    def groups(self) -> int:
        """Transfers of a step."""
        return self.inputs[0].step_beats

    @property
    def score_latency(self) -> int:
        """Cycles from values to their part of the score: the product, and levels of a tree."""
        return 1 + (self.folding.inputs_per_cycle - 1).bit_length()

    @property
    def power_latency(self) -> int:
        """Cycles between a step's last values and their products with its power."""
        # The sum, the power, and the multipliers' operand.
        return self.score_latency + activation_plan(self.layer.attend.power).latency + 1

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
    def adder_bits(self) -> int:
        inputs = self.folding.inputs_per_cycle
        score = self.layer.attend.biased_sum.exact_width if inputs == 1 else 0
        added = inputs * self.weighted_width + self.total_width
        return added + score + self.quotients.adders

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        attend = self.layer.attend
        shape = (attend.steps, attend.channels)
        return (Tensor(shape, attend.input, self.folding.inputs_per_cycle),)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, self.lanes)

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

    @classmethod
    def options(cls, layer: Attention, shapes: Sequence[Shape]) -> Iterator["AttentionPlan"]:
        """Channels a cycle that differ in transfers of a step."""
        for inputs in steps(layer.attend.channels):
            yield cls(layer, Folding(inputs, 1), 1)

    @property
    def choices(self) -> Mapping[str, Folding | Multipliers]:
        return {"folding": self.folding, "multipliers": self.multipliers}

    @classmethod
    def chosen(
        cls,
        layer: Attention,
        shapes: Sequence[Shape],
        *,
        folding: Folding = _SMALLEST,
        multipliers: Multipliers | None = None,
    ) -> "AttentionPlan":
        plan = cls(layer, folding, 1, multipliers)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(folding.inputs_per_cycle, 1))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding | Multipliers]:
        return Scores.read_choices(entries)

    @property
    def memories(self) -> tuple[Writable, ...]:
        return self.written if self.reloadable else ()

    def reloadable_too(self) -> "AttentionPlan":
        if not self.layer.writable:
            raise ValueError(
                "expected weights with room for others, which are quantised for it, got constants"
            )
        return replace(self, reloadable=True)

    def giving(self, lanes: int) -> "AttentionPlan":
        fits = lanes == self.folding.inputs_per_cycle
        return replace(self, lanes=lanes if fits else 1)
