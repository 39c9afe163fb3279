"""Plan of stacked layers on one array of multipliers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from build_decoder.hdl import layers
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding, steps
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.recurrent.control import READ_LATENCY
from build_decoder.hdl.recurrent.plan import RecurrentPlan
from build_decoder.hdl.stack.cells import StackCells
from build_decoder.hdl.stack.control import StackControl
from build_decoder.hdl.stack.layer import StackedLayers
from build_decoder.hdl.stack.shared import shared_layer
from build_decoder.hdl.stack.sums import StackSums, integers
from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Shape
from build_decoder.quant.qformat import QFormat

__all__ = ["StackPlan"]

_SMALLEST = Folding(1, 1)
_COUNTERS = 130
"""Bits of counters, about."""


@layers.for_models
@dataclass(frozen=True)
class StackPlan(StackCells, StackControl, LayerPlan):
    """Plan of recurrent layers that share multipliers, and what drains their sums.

    A step is parts in a fixed order: the products of each layer's state, which wait for nothing but
    the step before; then, when its column is there, those of each layer's input. So all products go
    to the layer that is due. Sums of states wait in a memory; with those of inputs they go through
    the cell of their layer, unit by unit.

    Parameters
    ----------
    layer
        The layers.
    folding
        Inputs, or values of a state, and sums a cycle.
    multipliers
        As in a :class:`DensePlan`.

    Raises
    ------
    ValueError
        If a cycle makes more sums than any layer has, or so many that a unit's sums come at once.
    """

    name = "stack"
    layer_type = StackedLayers

    layer: StackedLayers
    folding: Folding
    multipliers: Multipliers | None = None

    def __post_init__(self):
        most = max(part.weights.shape[1] for part in self.sums.parts)
        if self.folding.outputs_per_cycle > most or any(c.sums.lanes > 1 for c in self.cells):
            raise ValueError(
                f"expected sums that come one by one, at most {most} of a pass, got {self.folding}"
            )
        object.__setattr__(self, "multipliers", self.sums.multipliers)

    @cached_property
    def cells(self) -> tuple[RecurrentPlan, ...]:
        """Plans of the layers by themselves, whose cells they are."""
        kind = layers.plan_type(self.layer.layers[0])
        cells = tuple(kind(layer, self.folding) for layer in self.layer.layers)
        if shared_layer(self.layer.layers, self.gates) is None:
            return cells
        by_bits = all(cell.bitwise for cell in cells)
        return tuple(replace(cell, by_bits=by_bits) for cell in cells)

    def place_of_sums(self, layer: int) -> tuple[int, int]:
        """Zero bits that are appended, before its cell, to a layer's sums of inputs and to those of
        states."""
        built = self.built_cells[0 if self.shares_cell else layer]
        (of_input, of_state), (own_input, own_state) = (
            (cell.products.fraction, cell.output.fraction + cell.recurrent.format.fraction)
            for cell in (built.layer.cell, self.layer.layers[layer].cell)
        )
        return of_input - own_input, of_state - own_state

    @cached_property
    def sums(self) -> StackSums:
        """The dense layer that makes a step's sums."""
        return StackSums.of(self.layer.layers, self.gates, self.folding, self.multipliers)

    @property
    def multiplying(self) -> StackSums:
        return self.sums

    @property
    def gates(self) -> int:
        """Sums of a unit."""
        return layers.plan_type(self.layer.layers[0]).gates

    @property
    def unit_bits(self) -> int:
        """Bits of the number of a unit of any layer."""
        return max((cell.units - 1).bit_length() for cell in self.cells)

    @property
    def gate_bits(self) -> int:
        """Bits of the number of a sum among those of its unit."""
        return (self.gates - 1).bit_length()

    @property
    def row_bits(self) -> int:
        """Bits of the number of a sum: its layer, below it its unit, and its place among those of
        the unit."""
        return self.gate_bits + self.unit_bits + self.layer_bits

    @property
    def state_bits(self) -> int:
        """Bits of the number of a beat over any state."""
        return max((self.beats_of_state(n) - 1).bit_length() for n in range(len(self.cells)))

    @property
    def state_format(self) -> QFormat:
        """Integers that hold raw values of the states of all layers."""
        return integers([cell.layer.output for cell in self.cells])

    @property
    def rests(self) -> int:
        """Cycles in which no sums leave after those of a unit."""
        return max(cell.rests for cell in self.cells)

    reversed = turned = continuous = False
    columns = columns_out = 2

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        shape = self.layer.steps, self.cells[0].channels
        (format,) = self.layer.inputs
        return (Tensor(shape, format, self.folding.inputs_per_cycle),)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, 1)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        sums, at_once, last = self.sums, self.folding.inputs_per_cycle, self.layer.output.width
        width = self.state_format.width
        return (
            (
                self.columns << (sums.input_beats - 1).bit_length(),
                at_once * self.inputs[0].format.width,
            ),
            *[(1 << self.state_bits + self.layer_bits, width)] * at_once,
            (1 << self.row_bits, sums.parameters.exact.width),
            *((cell.units, cell.kept.width) for cell in self.built_cells),
            (self.columns_out << (self.units - 1).bit_length(), last),
        )

    @property
    def activations(self):
        """Those of all cells."""
        first, *others = self.built_cells
        more = (each for cell in others for each in (cell.layer.cell.gate, *cell.activations))
        return (*first.activations, *more)

    @property
    def products(self):
        """Those of all cells, if they are made at once."""
        return tuple(pair for cell in self.built_cells for pair in cell.products)

    @property
    def adder_bits(self) -> int:
        exact = self.sums.parameters.exact.width
        # Sums of layers that share a cell are selected by their places.
        selected = 2 * exact if self.shares_cell else 0
        return _COUNTERS + exact + selected + sum(cell.cell_bits for cell in self.built_cells)

    @property
    def pace(self) -> int:
        sums = self.sums
        summed = READ_LATENCY + sums.sums_latency
        now, late = 0, {}
        # From the second step on, each is as long as the one before it.
        for part in (*sums.parts, *sums.parts):
            groups, beats = sums.groups_of(part), sums.beats_of(part)
            passes = [max(beats, summed + count) for count in groups]
            if part is sums.parts[0]:
                start = now
            # The first pass ends after the last value that it takes has come.
            now = max(now + passes[0], late.get(self.taken_state(part), 0)) + sum(passes[1:])
            if not part.of_state:
                cell, units = self.cells[part.layer], -(-groups[-1] // self.gates)
                late[part.layer] = (
                    now + summed + groups[-1] + cell.cell_latency + self.rests * (units - 1)
                )
        return max(self.layer.steps * (now - start), self.inputs[0].beats, self.output.beats)

    @classmethod
    def options(cls, layer: StackedLayers, shapes: Sequence[Shape]) -> Iterator[Self]:
        """Foldings that differ in cycles of a pass or in passes, the narrowest of each, whose sums
        come one by one."""
        _, channels = shapes[0]
        units = [each.cell.units for each in layer.layers]
        gates = layers.plan_type(layer.layers[0]).gates
        least = min(channels, *units)
        for inputs in sorted({n for count in (channels, *units) for n in steps(count)}):
            for outputs in sorted({n for count in units for n in steps(gates * count)}):
                beats = -(-least // inputs)
                if outputs % gates == 0 and outputs > beats or outputs > gates * min(units):
                    # A unit's sums would come at once.
                    continue
                yield cls(layer, Folding(inputs, outputs))

    @property
    def choices(self) -> Mapping[str, Folding | Multipliers]:
        return {"folding": self.folding, "multipliers": self.multipliers}

    @classmethod
    def chosen(
        cls,
        layer: StackedLayers,
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
