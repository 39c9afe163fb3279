"""Plan of LSTMs in a row whose sums are made at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from build_decoder.hdl import layers
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.layers.lstm.plan import LstmPlan
from build_decoder.hdl.parallel_stack.control import ParallelControl
from build_decoder.hdl.parallel_stack.layer import ParallelLayers
from build_decoder.hdl.parallel_stack.sums import ParallelSums
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.stack.cells import StackCells
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape

__all__ = ["ParallelStackPlan"]


@layers.for_models
@dataclass(frozen=True)
class ParallelStackPlan(StackCells, ParallelControl, LayerPlan):
    """Plan of LSTMs in a row on one array of multipliers that makes all sums of a layer at once.

    A pass makes all sums of a layer's step, of its input and of its state in one. Passes of the
    layers take turns, each layer a step behind the one before it, so that states are there before
    they are needed. Values go down the array a unit a cycle, so that a unit's sums are complete a
    cycle after those of the one before it, and none waits: they leave one unit a cycle, through a
    cell that takes as many.

    Parameters
    ----------
    layer
        The layers.
    folding
        Values a cycle, and sums, which are those of all units of the largest layer.
    multipliers
        As in a :class:`DensePlan`.

    Raises
    ------
    ValueError
        If a cycle makes fewer sums, or more, or takes more values than any part of a pass has.
    """

    name = "parallel_stack"
    layer_type = ParallelLayers

    layer: ParallelLayers
    folding: Folding
    multipliers: Multipliers | None = None

    columns = columns_out = 2
    turned = False
    gates = LstmPlan.gates

    def __post_init__(self):
        sums = self.gates * self.most_units
        most = max(_counts(self.layer))
        if self.folding.outputs_per_cycle != sums or self.folding.inputs_per_cycle > most:
            raise ValueError(
                f"expected at most {most} values and {sums} sums a cycle, got {self.folding}"
            )
        object.__setattr__(self, "multipliers", self.sums.multipliers)

    @cached_property
    def cells(self) -> tuple[LstmPlan, ...]:
        return tuple(LstmPlan(layer, self.folding) for layer in self.layer.layers)

    def built_cell(self, layer: int) -> LstmPlan:
        """The cell that a layer's sums go through."""
        return self.built_cells[0 if self.shares_cell else layer]

    @cached_property
    def sums(self) -> ParallelSums:
        """The dense layer that makes the sums."""
        count = len(self.layer.layers)
        fractions = [self.built_cell(n).layer.cell.sums.fraction for n in range(count)]
        return ParallelSums.of(
            self.layer.layers, self.gates, self.folding.inputs_per_cycle, fractions,
            self.multipliers,
        )

    def neurons_of(self, unit: int) -> list[int]:
        """Numbers of the neurons of :attr:`sums` that are a unit's: all sums of each lane."""
        per_lane = self.folding.outputs_per_cycle
        return [
            lane * per_lane + unit * self.gates + gate
            for lane in range(self.folding.inputs_per_cycle) for gate in range(self.gates)
        ]

    @property
    def multiplying(self) -> ParallelSums:
        return self.sums

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        shape = self.layer.steps, self.cells[0].channels
        (format,) = self.layer.inputs
        return (Tensor(shape, format, self.folding.inputs_per_cycle),)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, 1)

    def state_beats(self, layer: int) -> int:
        """Words of a layer's state."""
        return self.folding.beats(self.cells[layer].units)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        at_once, words = self.folding.inputs_per_cycle, self.sums.beats_of(0, False)
        return (
            (self.columns << (words - 1).bit_length(), at_once * self.inputs[0].format.width),
            *(
                (2 << (self.state_beats(n) - 1).bit_length(), cell.layer.output.width)
                for n, cell in enumerate(self.cells)
                for _ in range(at_once)
            ),
            *((cell.units, cell.kept.width) for cell in self.built_cells),
            (self.columns_out << (self.units - 1).bit_length(), self.layer.output.width),
        )

    @property
    def activations(self):
        """Those of all cells."""
        return tuple(
            each for cell in self.built_cells
            for each in (cell.layer.cell.gate, *cell.activations)
        )

    @property
    def products(self):
        """Those of all cells."""
        return tuple(pair for cell in self.built_cells for pair in cell.products)

    @property
    def adder_bits(self) -> int:
        return sum(cell.cell_bits for cell in self.built_cells)

    @classmethod
    def options(cls, layer: ParallelLayers, shapes: Sequence[Shape]) -> Iterator[Self]:
        """Numbers of values a cycle that differ in cycles of a pass."""
        sums = cls.gates * max(each.cell.units for each in layer.layers)
        for lanes in sorted({n for count in _counts(layer) for n in steps(count)}):
            if lanes <= _MOST_LANES:
                yield cls(layer, Folding(lanes, sums))

    @property
    def choices(self) -> Mapping[str, Folding | Multipliers]:
        return {"folding": self.folding, "multipliers": self.multipliers}

    @classmethod
    def chosen(
        cls,
        layer: ParallelLayers,
        shapes: Sequence[Shape],
        *,
        folding: Folding | None = None,
        multipliers: Multipliers | None = None,
    ) -> Self:
        folding = folding or Folding(1, cls.gates * max(each.cell.units for each in layer.layers))
        plan = cls(layer, folding, multipliers)
        # Whether these units make these products shows when they are given out.
        list(plan.multipliers.units(1, plan.sums.neurons))
        return plan

    @classmethod
    def read_choices(cls, entries: Fields) -> Mapping[str, Folding | Multipliers]:
        return DensePlan.read_choices(entries)

    def giving(self, lanes: int) -> Self:
        return self


_MOST_LANES = 4
"""More lanes than that are wider than any FPGA of the boards, and passes wait for units."""


def _counts(layer: ParallelLayers) -> set[int]:
    """Numbers of values of all parts of passes."""
    first = layer.layers[0].cell
    return {len(first.weights.raw), *(each.cell.units for each in layer.layers)}
