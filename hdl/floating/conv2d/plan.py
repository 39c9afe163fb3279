"""Plan of a convolution in floating point."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from build_decoder.hdl.floating.dense.plan import FloatDensePlan
from build_decoder.hdl.layers.conv2d.gathered import GatheredPlan
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.floating.conv2d import FloatConv2d
from build_decoder.quant.floating.dense import FloatDense

__all__ = ["FloatConv2dPlan"]

_SMALLEST = Folding(1, 1)


@dataclass(frozen=True)
class FloatConv2dPlan(GatheredPlan):
    """Plan of a convolution in floating point: windows are gathered in front of the neurons of a
    dense layer in floating point.

    A block is a whole part of a window: what it had beyond might be NaN, which no weight of zero
    takes away.
    """

    name = "float_conv2d"
    layer_type = FloatConv2d
    whole_blocks = True

    reloadable: ClassVar[bool] = False

    layer: FloatConv2d

    @cached_property
    def neurons(self) -> FloatDensePlan:
        """The dense layer that takes windows, block after block."""
        layer = self.layer
        dense = FloatDense(
            input=layer.input, weight=layer.weight, output=layer.output, greatest=layer.greatest,
            least=layer.least, weights=self.part.in_order(layer.weights), biases=layer.biases,
            rectified=layer.rectified, form=layer.form,
        )  # fmt: skip
        return FloatDensePlan(
            dense, self.folding, self.lanes, self.double_buffered, self.multipliers
        )

    @classmethod
    def options(
        cls, layer: FloatConv2d, shapes: Sequence[Shape]
    ) -> Iterator["FloatConv2dPlan"]:
        """Foldings that differ in blocks or in passes, the narrowest of each."""
        for part in cls.blocks(layer):
            for some in steps(layer.weights.shape[3]):
                yield cls(layer, Folding(part.values, some), 1)

    @classmethod
    def chosen(
        cls,
        layer: FloatConv2d,
        shapes: Sequence[Shape],
        *,
        folding: Folding = _SMALLEST,
        multipliers: Multipliers | None = None,
    ) -> "FloatConv2dPlan":
        plan = cls(layer, folding, 1, multipliers=multipliers)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(folding.inputs_per_cycle, plan.neurons.neurons))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding | Multipliers]:
        return FloatDensePlan.read_choices(entries)

    def within(self, interval: int) -> "FloatConv2dPlan":
        # With time to spare, sums need not be captured.
        waiting = replace(self, double_buffered=False)
        return waiting if waiting.times.interval <= interval else self
