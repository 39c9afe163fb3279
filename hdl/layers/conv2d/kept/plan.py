"""Plan of a convolution whose last sums are added to as columns come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import ClassVar

from build_decoder.hdl.layers.conv2d.fixed_point import FixedPointPlan
from build_decoder.hdl.layers.conv2d.kept.steps import Step, steps_of
from build_decoder.hdl.layers.conv2d.kept.sums import KeptSums
from build_decoder.hdl.layers.conv2d.kept.visits import Visit, visits
from build_decoder.hdl.layers.conv2d.part import Part
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.column_store import READ_LATENCY, ColumnStore
from build_decoder.hdl.planning.folding import Folding, lanes_between
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.windows import power_of_two
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.conv2d import Conv2d

__all__ = ["FORM", "KEPT_ROWS", "KeptPlan"]

FORM = "kept"
"""Name of this form of a convolution among its choices."""

KEPT_ROWS = 3
"""Fewest rows of a column whose sums are kept: a sum is written before it is read again."""


@dataclass(frozen=True)
class KeptPlan(FixedPointPlan):
    """Plan of a convolution that makes all filters of a position at a time, and keeps sums.

    A column of outputs is made when the last column of its windows comes, position by position,
    without a pause: each when the last row of its window is there. The last ``early`` columns of a
    frame are added as they come to the sums of all columns of outputs that they are part of, which
    are kept in a memory meanwhile. So little is left to do after the last column. Blocks that are
    all outside of the image are left out.

    Parameters
    ----------
    layer
        The convolution.
    folding
        Inputs and filters a cycle; the inputs are those of a :class:`Part`, the filters all.
    lanes
        Outputs a transfer; must divide the filters if a column has several positions.
    early
        Columns of a frame that are added as they come; 0 for none.
    chain
        See :class:`KeptSums`.
    multipliers
        As in a :class:`DensePlan`.

    Raises
    ------
    ValueError
        If there is no block of so many inputs, not all filters are made at a time, inputs come one
        by one, or sums are kept of columns of few rows.
    """

    form: ClassVar[str] = FORM
    more_choices: ClassVar[Mapping[str, int]] = {"early": 1 << 24, "chain": 1}
    """Choices beside those of a dense layer, and the greatest of each."""

    layer: Conv2d
    folding: Folding
    lanes: int
    early: int = 0
    chain: bool = False
    multipliers: Multipliers | None = None

    def __post_init__(self):
        _, rows, filters = self.layer.output_shape
        if rows > 1 and filters % self.lanes:
            raise ValueError(f"expected lanes that divide {filters} filters, got {self.lanes}")
        if self.folding.outputs_per_cycle < filters or self.folding.inputs_per_cycle < 2:
            raise ValueError(
                f"expected 2 inputs or more and {filters} outputs a cycle for {FORM}, got "
                f"{self.folding}"
            )
        if self.early and rows < KEPT_ROWS:
            raise ValueError(f"expected {KEPT_ROWS} rows or more whose sums are kept, got {rows}")
        object.__setattr__(self, "chain", bool(self.chain))
        object.__setattr__(self, "multipliers", self.neurons.multipliers)

    @cached_property
    def part(self) -> Part:
        """What of a window is multiplied in a cycle."""
        return Part.of(self.layer.shape, self.kernel, self.folding.inputs_per_cycle)

    @cached_property
    def neurons(self) -> KeptSums:
        """The dense layer that takes windows, block after block."""
        one = KeptSums(
            self.dense_of(self.layer), self.folding, self.lanes, True, self.multipliers,
            chain=self.chain,
        )
        # From the last block of a pass until its last sums have left.
        cycles = READ_LATENCY + one.sums_latency + one.groups_in_pass
        least = min(self.beats(step) for step in self.steps if step.ends)
        passes = -(-cycles // max(least, one.groups_in_pass))
        return replace(one, places=max(power_of_two(passes), 2))

    @property
    def order(self) -> str:
        return f"windows of {self.part.window} in blocks of {self.part.size}"

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Those of a frame."""
        columns, before = self.kernel[0], self.before[0]
        return tuple(visits(self.layer.shape[0], before, columns - 1 - before, self.early))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What is to be done in each of them."""
        return steps_of(
            self.visits, self.before[0], self.part.counts[0], self.part.times,
            self.layer.shape[0], self.store.places,
        )

    @cached_property
    def program(self) -> tuple[tuple[Step, int], ...]:
        """The steps of a frame, and how many times each comes."""
        return tuple((step, len(list(same))) for step, same in groupby(self.steps))

    @property
    def kept(self) -> int:
        """Words of sums that are kept."""
        if all(step.opens and step.ends for step in self.steps):
            return 0
        return (max(step.kept for step in self.steps) + 1) * self.layer.shape[1]

    def beats(self, step: Step) -> int:
        """Cycles of each position of a step."""
        _, rows, groups = self.part.counts
        return step.blocks * rows * groups

    def rows_needed(self, step: Step) -> list[int]:
        """Rows that each position of a step waits for, beyond those of positions before it."""
        rows, ahead = self.layer.shape[1], self.kernel[1] - 1 - self.before[1]
        if not step.needs:
            return [0] * rows
        there = [min(row + ahead + 1, rows) for row in range(rows)]
        first = (step.needs - 1) * rows + there[0]
        return [first, *(now - before for now, before in zip(there[1:], there, strict=False))]

    @cached_property
    def store(self) -> ColumnStore:
        """Where columns are kept."""
        there = most = 0
        for visit in self.visits:
            there += visit.needs
            most = max(most, there)
            there -= visit.frees
        part = self.part
        return ColumnStore(most + 1, self.inputs[0].step_beats, part.times, part.rows)

    @property
    def selected(self) -> tuple[tuple[int, int], ...]:
        (taken,) = self.inputs
        return self.store.selected(taken.lanes * taken.format.width)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        store, (taken,), neurons = self.store, self.inputs, self.neurons
        p = neurons.parameters
        bank = (store.depth, taken.lanes * taken.format.width)
        waiting = (neurons.places, neurons.neurons * p.captured.width)
        kept = (self.kept, neurons.neurons * p.exact.width)
        return (bank,) * store.banks + (waiting,) + (kept,) * (self.kept > 0)

    @property
    def pace(self) -> int:
        cycles = sum(map(self.beats, self.steps)) * self.layer.shape[1]
        return max(cycles, self.inputs[0].beats, self.output.beats)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor(self.layer.shape, self.layer.input, self.part.channels),)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """What takes columns, what goes over them, and the drain."""
        steps, rows, _ = self.layer.shape
        neurons = self.neurons
        space, there, room = Slot(self.store.places), Slot(), Slot(neurons.places)
        finished = Slot(0, delay=READ_LATENCY + neurons.sums_latency)
        taken = Phase(self.part.counts[2], take=(0,), release=((there, 1),))
        begun = replace(taken, reserve=((space, 1),))
        ends = Phase(reserve=((room, 1),), release=((finished, 1),))

        def position(beats: int, needs: int, ending: bool) -> list[Phase]:
            phases = [Phase(beats)]
            if ending:
                phases = [Phase(beats - 1), ends] if beats > 1 else [ends]
            first = phases[0]
            if needs:
                phases[0] = replace(first, reserve=((there, needs), *first.reserve))
            return phases

        def column(step: Step) -> list[Phase]:
            alike = {
                needs: position(self.beats(step), needs, step.ends)
                for needs in set(self.rows_needed(step))
            }
            phases = [phase for needs in self.rows_needed(step) for phase in alike[needs]]
            last = phases[-1]
            if step.frees:
                phases[-1] = replace(last, release=((space, step.frees), *last.release))
            return phases

        drained = Phase(
            neurons.groups_in_pass, give=(0,), reserve=((finished, 1),), release=((room, 1),)
        )
        columns = {step: column(step) for step in set(self.steps)}
        return (
            Actor((begun, *(taken,) * (rows - 1)) * steps),
            Actor(tuple(phase for step in self.steps for phase in columns[step])),
            Actor((drained,) * (steps * rows), neurons.drain_latency),
        )

    @classmethod
    def options(cls, layer: Conv2d, shapes: Sequence[Shape]) -> Iterator["KeptPlan"]:
        """Foldings that differ in blocks, each with chains of blocks, which add for nothing."""
        *kernel, _, filters = layer.weights.shape
        for part in Part.options(layer.shape, tuple(kernel)):
            if part.values > 1:
                yield cls(layer, Folding(part.values, filters), 1, chain=True)

    @property
    def choices(self) -> Mapping[str, str | int | Folding | Multipliers]:
        return {
            "form": FORM, "folding": self.folding, "multipliers": self.multipliers,
            "early": self.early, "chain": int(self.chain),
        }

    def giving(self, lanes: int) -> "KeptPlan":
        _, rows, filters = self.layer.output_shape
        fits = rows == 1 or not filters % lanes
        return replace(self, lanes=lanes_between(filters, self.folding, lanes) if fits else 1)

    def reloadable_too(self):
        raise ValueError(f"expected a form whose weights can be written, got {FORM}")
