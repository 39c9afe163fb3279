"""Plan of a layer that runs a cell over time steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Self

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.writable import Writable
from build_decoder.hdl.recurrent.control import READ_LATENCY, RecurrentControl
from build_decoder.hdl.recurrent.memories import RecurrentMemories
from build_decoder.hdl.recurrent.step_sums import StepSums, sums_of
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["RecurrentPlan"]

_SMALLEST = Folding(1, 1)
_COUNTERS = 90
"""Bits of counters, about."""


@dataclass(frozen=True)
class RecurrentPlan(RecurrentControl, RecurrentMemories, LayerPlan):
    """Plan of a layer that runs a cell over time steps.

    A step's sums are made pass by pass and part by part: see :class:`StepSums`. Sums of the first
    part wait in a memory; with those of the second part they go through the cell, unit by unit.

    Columns of inputs come in meanwhile: two are kept, or, if the last one is taken first, as many
    as a window has. Outputs wait in a memory of the same kind for the next stage, so that nothing
    else waits for it.

    Parameters
    ----------
    layer
        The layer.
    folding
        Inputs, or values of the state, and sums a cycle.
    multipliers
        As in a :class:`DensePlan`.
    reloadable
        Whether weights and biases are written at run time.
    by_bits
        Whether a unit's own products are made bit by bit; None: see :attr:`bitwise`.

    Attributes
    ----------
    gates : int
        Sums of a unit; of the class.
    cell_latency : int
        Cycles from a unit's last sums that leave the multipliers to its output.
    """

    writable = True

    gates: ClassVar[int]

    layer: RecurrentLayer
    folding: Folding
    multipliers: Multipliers | None = None
    reloadable: bool = False
    by_bits: bool | None = None

    def __post_init__(self):
        object.__setattr__(self, "multipliers", self.sums.multipliers)

    @cached_property
    def sums(self) -> StepSums:
        """The dense layer that makes a step's sums."""
        outputs = min(self.folding.outputs_per_cycle, self.gates * self.units)
        whole = not outputs % self.gates
        return self.step_sums(self.gates if whole and outputs > self._least_beats else 1)

    def step_sums(self, lanes: int) -> StepSums:
        """The dense layer that makes a step's sums, of which so many leave a cycle."""
        return StepSums(
            sums_of(self.layer.cell, self.gates), self.folding, lanes, True, self.multipliers,
            self.reloadable, channels=self.channels,
        )

    @property
    def _least_beats(self) -> int:
        """Cycles of the shortest pass."""
        return min(map(self.folding.beats, (self.units, self.channels)))

    @property
    def multiplying(self) -> StepSums:
        return self.sums

    @property
    def units(self) -> int:
        """Values of a state."""
        return self.layer.cell.units

    @property
    def channels(self) -> int:
        """Values of a step's input."""
        return self.layer.channels

    @property
    def exact(self) -> tuple[Span, ...]:
        raise NotImplementedError

    @property
    def cell_latency(self) -> int:
        raise NotImplementedError

    @property
    def rest(self) -> int:
        """Cycles in which no sums leave after those of a unit, if its products are made bit by
        bit."""
        raise NotImplementedError

    @property
    def cell_bits(self) -> int:
        """Bits of adders of the cell, about."""
        raise NotImplementedError

    @cached_property
    def bitwise(self) -> bool:
        """Whether a unit's own products are made bit by bit, one after the other, which takes few
        LUTs: where sums of a unit come one by one, and so slowly that nothing waits, if nothing
        else is asked for."""
        if self.by_bits is not None:
            return self.by_bits
        sums = self.sums
        if sums.lanes > 1:
            return False
        return all(
            self._leaving(sums.groups[number], units, self.rest) <= sums.part_beats[1]
            for number, units in self._finished
        )

    @property
    def row_bits(self) -> int:
        """Bits of the number of a group of sums: its unit, and below it the sum if there is one."""
        single = (self.gates - 1).bit_length() if self.sums.lanes == 1 else 0
        return (self.units - 1).bit_length() + single

    @property
    def rests(self) -> int:
        """Cycles in which no sums leave after those of a unit."""
        return self.rest if self.bitwise else 0

    @property
    def _finished(self) -> list[tuple[int, int]]:
        """Number of each pass, and how many units it finishes."""
        sums = self.sums
        ends = [min((n + 1) * sums.groups_in_pass, sums.groups_in_frame) * sums.lanes // self.gates
                for n in range(sums.passes)]
        return [(n, end - before) for n, (end, before) in
                enumerate(zip(ends, [0, *ends], strict=False))]

    def _leaving(self, groups: int, units: int, rest: int) -> int:
        """Cycles of a pass beside which sums of so many groups can leave, with rests behind those
        of each unit, without holding up the next ones."""
        left = READ_LATENCY + self.sums.sums_latency + groups + max(units - 1, 0) * rest
        return max(left, groups + units * rest)

    @property
    def kept(self) -> QFormat:
        """Format of what a unit keeps from step to step beside what multipliers take."""
        raise NotImplementedError

    @property
    def reversed(self) -> bool:
        """Whether the last step is taken first."""
        return self.layer.backward and self.layer.steps > 1

    @property
    def continuous(self) -> bool:
        """Whether a frame is one step, and states are kept from one frame to the next."""
        return self.layer.continuous

    @property
    def columns(self) -> int:
        """Columns of inputs that are kept."""
        return self.layer.steps if self.reversed else 2

    @property
    def turned(self) -> bool:
        """Whether outputs are given in another order than that in which steps are taken."""
        return self.reversed and self.layer.sequences

    @property
    def columns_out(self) -> int:
        """Columns of outputs that are kept."""
        return self.layer.steps if self.turned else 2

    @property
    def together(self) -> int:
        """Outputs that must be there before the first of them is given."""
        return self.layer.steps * self.units if self.turned else 1

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        shape = self.layer.steps, self.channels
        return (Tensor(shape, self.layer.cell.input, self.folding.inputs_per_cycle),)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, 1)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        sums, cell, at_once = self.sums, self.layer.cell, self.folding.inputs_per_cycle
        width = cell.output.width
        return (
            (self.columns << (sums.input_beats - 1).bit_length(), at_once * cell.input.width),
            *[(sums.state_beats, width)] * at_once,
            (1 << self.row_bits, sums.lanes * sums.parameters.exact.width),
            (self.units, self.kept.width),
            (self.columns_out << (self.units - 1).bit_length(), width),
        )

    @property
    def adder_bits(self) -> int:
        sums = self.sums
        return _COUNTERS + sums.lanes * sums.parameters.exact.width + self.cell_bits

    @property
    def pace(self) -> int:
        sums, at_once = self.sums, self.folding.inputs_per_cycle
        summed = READ_LATENCY + sums.sums_latency
        # Sums of a pass have left before those of the next one come.
        first, second = sums.part_beats
        passes = [max(first, summed + groups) for groups in sums.groups]
        passes += [
            max(second, self._leaving(sums.groups[number], units, self.rests))
            for number, units in self._finished
        ]
        # What the last pass still is on its way to when the state's next values are due.
        late = summed + self.cell_latency + self.rests * (self._finished[-1][1] - 1)
        if sums.state_first:
            waits = late + sums.groups[-1] - passes[0]
        else:
            rows = self.gates // sums.lanes
            first = min(at_once, self.units) * rows + sums.state_beats - 1
            waits = late + max(first, self.units * rows) - sum(passes)
        count = self.layer.steps
        waiting = count if self.continuous else count - 1
        cycles = count * sum(passes) + waiting * max(waits, 0)
        return max(cycles, self.inputs[0].beats, self.output.beats)

    @classmethod
    def options(cls, layer: RecurrentLayer, shapes: Sequence[Shape]) -> Iterator[Self]:
        """Foldings that differ in cycles of a pass or in passes, the narrowest of each."""
        units = layer.cell.units
        for inputs in sorted({*steps(layer.channels), *steps(units)}):
            for outputs in steps(cls.gates * units):
                yield cls(layer, Folding(inputs, outputs))

    @property
    def choices(self) -> Mapping[str, Folding | Multipliers]:
        return {"folding": self.folding, "multipliers": self.multipliers}

    @classmethod
    def chosen(
        cls,
        layer: RecurrentLayer,
        shapes: Sequence[Shape],
        *,
        folding: Folding = _SMALLEST,
        multipliers: Multipliers | None = None,
    ) -> Self:
        plan = cls(layer, folding, multipliers)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(folding.inputs_per_cycle, plan.sums.neurons))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding | Multipliers]:
        return DensePlan.read_choices(entries)

    def giving(self, lanes: int) -> Self:
        return self

    @property
    def memories(self) -> tuple[Writable, ...]:
        return self.written if self.reloadable else ()

    def reloadable_too(self) -> Self:
        if not self.layer.writable:
            raise ValueError(
                "expected weights with room for others, which are quantised for it, got constants"
            )
        return replace(self, reloadable=True)
