"""Plan of time steps that are weighed: what plans of forms of attention have in common."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.layers.attention.scores import Scores
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.power_range import power_range
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.attention import Attention

__all__ = ["WeighingPlan"]

_SMALLEST = Folding(1, 1)


@dataclass(frozen=True)
class WeighingPlan(LayerPlan):
    """A step's values are multiplied with their weights as they come. When its power is known, the
    same multipliers make the products of the values with it, which are added to a sum a channel;
    meanwhile no other step comes in.

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

    Attributes
    ----------
    reloadable : bool
        Whether weights and biases are written at run time.
    operand : QFormat
        Format of what weights and powers are multiplied with.
    rows : int
        Rows of products with a step's power: :attr:`groups`, or one more, of a single product.
    weighted_width : int
        Bits of a sum of such products.
    own_adders : int
        Bits of adders behind these sums.

    Raises
    ------
    ValueError
        If it is folded or gives otherwise, or powers may be negative.
    """

    folds = False
    reloadable = False

    layer: Attention
    folding: Folding
    lanes: int
    multipliers: Multipliers | None = None

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
            self.layer, self.operand, self.folding.inputs_per_cycle, self.multipliers,
            self.reloadable,
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
    def adder_bits(self) -> int:
        inputs = self.folding.inputs_per_cycle
        score = self.layer.attend.biased_sum.exact_width if inputs == 1 else 0
        return inputs * self.weighted_width + score + self.own_adders

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        attend = self.layer.attend
        shape = (attend.steps, attend.channels)
        return (Tensor(shape, attend.input, self.folding.inputs_per_cycle),)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, self.lanes)

    @classmethod
    def options(cls, layer: Attention, shapes: Sequence[Shape]) -> Iterator[Self]:
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
    ) -> Self:
        plan = cls(layer, folding, 1, multipliers)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(folding.inputs_per_cycle, 1))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding | Multipliers]:
        return Scores.read_choices(entries)

    def giving(self, lanes: int) -> Self:
        fits = lanes == self.folding.inputs_per_cycle
        return replace(self, lanes=lanes if fits else 1)
