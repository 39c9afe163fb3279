"""Plan of a convolution: what of a window is multiplied in a cycle, and what follows from that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from build_decoder.hdl.layers.conv2d.convolution import ConvolutionPlan
from build_decoder.hdl.layers.conv2d.kept.plan import KeptPlan
from build_decoder.hdl.layers.conv2d.part import Part
from build_decoder.hdl.layers.conv2d.scatter.plan import ScatterPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.column_store import READ_LATENCY, ColumnStore
from build_decoder.hdl.planning.folding import Folding, lanes_between, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.unstalled import times_of
from build_decoder.hdl.planning.windows import power_of_two
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.conv2d import Conv2d

__all__ = ["Conv2dPlan"]

_SMALLEST = Folding(1, 1)

_FORMS = {plan.form: plan for plan in (ScatterPlan, KeptPlan)}


@dataclass(frozen=True)
class Conv2dPlan(ConvolutionPlan):
    """Plan of a convolution: a dense layer, of which each position's window is a frame.

    A column of outputs is begun when its window's columns are there, and goes through the positions
    of the column, the passes of each, and the blocks of each pass. Columns are kept until no window
    needs them, and there is a place for one more, which comes in meanwhile.

    Where columns and windows have one row, the choice ``form`` may be ``scatter`` instead: inputs
    are added to all open sums as they come, so that next to nothing is left to do after the last
    one; see :mod:`hdl.layers.conv2d.scatter.plan`. Several rows are refused there. With ``kept``,
    all filters are made at a time, in chains of blocks, and the last columns of a frame may be
    added as they come: :mod:`hdl.layers.conv2d.kept.plan`.

    Parameters
    ----------
    layer
        The convolution.
    folding
        Inputs and filters a cycle; the inputs are those of a :class:`Part`.
    lanes
        Outputs a transfer; must divide the filters if a column has several positions.
    double_buffered
        As in a :class:`DensePlan`.
    multipliers, reloadable
        As in a :class:`DensePlan`.
    overlapping
        Whether a pass may end before the sums of those before it have left, if they are captured:
        then short passes follow each other without a pause.

    Raises
    ------
    ValueError
        If there is no block of so many inputs, or outputs of two positions or passes would share a
        transfer.
    """

    layer: Conv2d
    folding: Folding
    lanes: int
    double_buffered: bool = True
    multipliers: Multipliers | None = None
    reloadable: bool = False
    overlapping: bool = True

    def __post_init__(self):
        _, rows, filters = self.layer.output_shape
        if rows > 1 and filters % self.lanes:
            raise ValueError(f"expected lanes that divide {filters} filters, got {self.lanes}")
        object.__setattr__(self, "multipliers", self.neurons.multipliers)

    @cached_property
    def part(self) -> Part:
        """What of a window is multiplied in a cycle."""
        return Part.of(self.layer.shape, self.kernel, self.folding.inputs_per_cycle)

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

    @property
    def behind(self) -> int:
        """Columns of a window behind its position."""
        return self.kernel[0] - 1 - self.before[0]

    @cached_property
    def columns_in(self) -> list[int]:
        """Columns that each column of outputs waits for, beyond those of the one before it."""
        steps = self.layer.shape[0]
        there = [min(step + self.behind, steps - 1) + 1 for step in range(steps)]
        return [now - before for now, before in zip(there, [0, *there], strict=False)]

    @cached_property
    def columns_out(self) -> list[int]:
        """Columns that are not needed any more after each column of outputs."""
        steps = self.layer.shape[0]
        gone = [max(step - self.before[0], 0) for step in range(steps)] + [steps]
        return [after - now for now, after in zip(gone, gone[1:], strict=False)]

    @cached_property
    def store(self) -> ColumnStore:
        """Where columns are kept."""
        kept, most = 0, 0
        for more, less in zip(self.columns_in, self.columns_out, strict=True):
            most = max(most, kept + more)
            kept += more - less
        part = self.part
        return ColumnStore(most + 1, self.inputs[0].step_beats, part.times, part.rows)

    @property
    def selected(self) -> tuple[tuple[int, int], ...]:
        (taken,) = self.inputs
        return self.store.selected(taken.lanes * taken.format.width)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        store, (taken,) = self.store, self.inputs
        bank = (store.depth, taken.lanes * taken.format.width)
        neurons = self.neurons
        waiting = (neurons.places, neurons.neurons * neurons.parameters.captured.width)
        return (bank,) * store.banks + (waiting,) * (neurons.places > 1)

    @property
    def pace(self) -> int:
        steps, rows, _ = self.layer.output_shape
        (taken,) = self.inputs
        summed, drained = self._position()
        position = times_of((Actor(summed), Actor(drained, self.neurons.drain_latency)))
        return max(steps * rows * position.interval, taken.beats, self.output.beats)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor(self.layer.shape, self.layer.input, self.part.channels),)

    def _position(self) -> tuple[tuple[Phase, ...], tuple[Phase, ...]]:
        """What sums up, and what drains, the outputs of a position."""
        neurons = self.neurons
        free = Slot(neurons.places)
        finished = Slot(0, delay=READ_LATENCY + neurons.sums_latency)
        waits = neurons.beats - 1 if self.double_buffered else 0
        waiting = (Phase(waits),) if waits else ()
        summed = Phase(neurons.beats - waits, reserve=((free, 1),), release=((finished, 1),))
        drained = {
            count: Phase(count, give=(0,), reserve=((finished, 1),), release=((free, 1),))
            for count in set(neurons.groups)
        }
        return (
            (*waiting, summed) * neurons.passes, tuple(drained[count] for count in neurons.groups)
        )

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes columns, what goes over them, and the drain."""
        steps, rows, _ = self.layer.shape
        space, there = Slot(self.store.places), Slot()
        taken = Phase(
            self.inputs[0].step_beats, take=(0,), reserve=((space, 1),), release=((there, 1),)
        )
        summed, drained = self._position()

        def column(more: int, less: int) -> list[Phase]:
            phases = list(summed) * rows
            if more:
                first = phases[0]
                phases[0] = replace(first, reserve=((there, more), *first.reserve))
            if less:
                last = phases[-1]
                phases[-1] = replace(last, release=((space, less), *last.release))
            return phases

        pairs = list(zip(self.columns_in, self.columns_out, strict=True))
        columns = {pair: column(*pair) for pair in set(pairs)}
        return (
            Actor((taken,) * steps),
            Actor(tuple(phase for pair in pairs for phase in columns[pair])),
            Actor(drained * (steps * rows), self.neurons.drain_latency),
        )

    @classmethod
    def options(
        cls, layer: Conv2d, shapes: Sequence[Shape]
    ) -> Iterator["Conv2dPlan | ScatterPlan | KeptPlan"]:
        """Foldings that differ in blocks or in passes, the narrowest of each; then those of the
        other form."""
        *kernel, _, filters = layer.weights.shape
        for part in Part.options(layer.shape, tuple(kernel)):
            for some in steps(filters):
                yield cls(layer, Folding(part.values, some), 1)
        yield from ScatterPlan.options(layer, shapes)
        yield from KeptPlan.options(layer, shapes)

    @property
    def choices(self) -> Mapping[str, Folding | Multipliers]:
        return {"folding": self.folding, "multipliers": self.multipliers}

    @classmethod
    def chosen(
        cls,
        layer: Conv2d,
        shapes: Sequence[Shape],
        *,
        form: str = "gather",
        folding: Folding = _SMALLEST,
        multipliers: Multipliers | None = None,
        **others: int,
    ) -> "Conv2dPlan | ScatterPlan | KeptPlan":
        kind = _FORMS.get(form, cls)
        plan = kind(layer, folding, 1, multipliers=multipliers, **others)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(folding.inputs_per_cycle, plan.neurons.neurons))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, str | Folding | Multipliers]:
        if "form" not in entries.values:
            return DensePlan.read_choices(entries)
        form = entries.choice("form", tuple(_FORMS))
        more = _FORMS[form].more_choices
        rest = {k: value for k, value in entries.values.items() if k not in ("form", *more)}
        others = DensePlan.read_choices(Fields(rest, entries.source, entries.where))
        return {
            "form": form, **others,
            **{name: entries.integer(name, 0, most) for name, most in more.items()},
        }

    def giving(self, lanes: int) -> "Conv2dPlan":
        _, rows, filters = self.layer.output_shape
        fits = rows == 1 or not filters % lanes
        return replace(self, lanes=lanes_between(filters, self.folding, lanes) if fits else 1)

    def within(self, interval: int) -> "Conv2dPlan":
        # With time to spare, sums need not be captured, or a single pass is.
        less = replace(self, double_buffered=False), replace(self, overlapping=False)
        return next((plan for plan in less if plan.times.interval <= interval), self)
