"""Plan of a convolution: what of a window is multiplied in a cycle, and what follows from that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from build_decoder.hdl.heap.compressors import NAMES
from build_decoder.hdl.layers.conv2d.fixed_point import FixedPointPlan
from build_decoder.hdl.layers.conv2d.gathered import GatheredPlan
from build_decoder.hdl.layers.conv2d.heap.plan import ConvolutionHeapPlan
from build_decoder.hdl.layers.conv2d.kept.plan import KeptPlan
from build_decoder.hdl.layers.conv2d.scatter.plan import ScatterPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.column_store import READ_LATENCY
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.windows import power_of_two
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.conv2d import Conv2d

__all__ = ["Conv2dPlan"]

_SMALLEST = Folding(1, 1)

_FORMS = {plan.form: plan for plan in (ScatterPlan, KeptPlan)}


@dataclass(frozen=True)
class Conv2dPlan(FixedPointPlan, GatheredPlan):
    """Plan of a convolution in fixed point.

    Where columns and windows have one row, the choice ``form`` may be ``scatter`` instead: inputs
    are added to all open sums as they come, so that next to nothing is left to do after the last
    one; see :mod:`hdl.layers.conv2d.scatter.plan`. Several rows are refused there. With ``kept``,
    all filters are made at a time, in chains of blocks, and the last columns of a frame may be
    added as they come: :mod:`hdl.layers.conv2d.kept.plan`. With ``heap``, a column is made in a
    cycle, of LUTs and carry chains: :mod:`hdl.layers.conv2d.heap.plan`.

    Parameters
    ----------
    layer, folding, lanes, double_buffered, multipliers
        As of a :class:`~hdl.layers.conv2d.gathered.GatheredPlan`.
    reloadable
        As in a :class:`DensePlan`.
    overlapping
        Whether a pass may end before the sums of those before it have left, if they are captured:
        then short passes follow each other without a pause.
    """

    layer: Conv2d
    reloadable: bool = False
    overlapping: bool = True

    @cached_property
    def neurons(self) -> DensePlan:
        """The dense layer that takes windows, block after block."""
        one = DensePlan(
            self.dense_of(self.layer), self.folding, self.lanes, self.double_buffered,
            self.multipliers, self.reloadable,
        )
        if not (self.double_buffered and self.overlapping):
            return one
        # From the last block of a pass until its last sums have left.
        cycles = READ_LATENCY + one.sums_latency + one.groups_in_pass
        passes = -(-cycles // max(one.beats, one.groups_in_pass))
        return replace(one, places=power_of_two(passes))

    @property
    def order(self) -> str:
        return f"windows of {self.part.window} in blocks of {self.part.size}"

    @classmethod
    def options(
        cls, layer: Conv2d, shapes: Sequence[Shape]
    ) -> Iterator["Conv2dPlan | ScatterPlan | KeptPlan"]:
        """Foldings that differ in blocks or in passes, the narrowest of each; then those of the
        other form."""
        for part in cls.blocks(layer):
            for some in steps(layer.weights.shape[3]):
                yield cls(layer, Folding(part.values, some), 1)
        yield from ScatterPlan.options(layer, shapes)
        yield from KeptPlan.options(layer, shapes)

    @classmethod
    def chosen(
        cls,
        layer: Conv2d,
        shapes: Sequence[Shape],
        *,
        form: str = "gather",
        folding: Folding = _SMALLEST,
        multipliers: Multipliers | None = None,
        cells: str = NAMES[0],
        planes: int = 1,
        **others: int,
    ) -> "Conv2dPlan | ScatterPlan | KeptPlan | ConvolutionHeapPlan":
        if form == ConvolutionHeapPlan.form:
            return ConvolutionHeapPlan(layer, cells, planes)
        kind = _FORMS.get(form, cls)
        plan = kind(layer, folding, 1, multipliers=multipliers, **others)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(folding.inputs_per_cycle, plan.neurons.neurons))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, str | Folding | Multipliers]:
        if "form" not in entries.values:
            return DensePlan.read_choices(entries)
        form = entries.choice("form", (*_FORMS, ConvolutionHeapPlan.form))
        if form == ConvolutionHeapPlan.form:
            return ConvolutionHeapPlan.read_choices(entries)
        more = _FORMS[form].more_choices
        rest = {k: value for k, value in entries.values.items() if k not in ("form", *more)}
        others = DensePlan.read_choices(Fields(rest, entries.source, entries.where))
        return {
            "form": form, **others,
            **{name: entries.integer(name, 0, most) for name, most in more.items()},
        }

    def within(self, interval: int) -> "Conv2dPlan":
        # With time to spare, sums need not be captured, or a single pass is.
        less = replace(self, double_buffered=False), replace(self, overlapping=False)
        return next((plan for plan in less if plan.times.interval <= interval), self)
