"""Sums of a time step: of products of its input, and of products of the state before it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.weight_rows import from_rows, weight_rows
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.recurrence import Cell
from build_decoder.quant.qformat import QFormat

__all__ = ["StepParts", "StepSums", "by_gate", "by_unit", "sums_of", "weights_of_cell"]


class StepParts:
    """In front of the plan of a dense layer, in a plan's bases: its sums are two, of the input and
    of the state.

    A *part* of a step is the input's passes or the state's. Sums of a part are exact and begin at
    zero. If there are several passes, the state's part comes first: it waits for nothing but the
    step before, so that only the input's is left to do when the input comes. A single pass takes
    the input first, while the cell is at the step before.

    Attributes
    ----------
    channels : int
        Values of a step's input; rows of weights behind them are the state's.
    """

    channels: int

    @property
    def state_first(self) -> bool:
        """Whether the state's part comes first."""
        return self.passes > 1

    @property
    def input_beats(self) -> int:
        """Cycles of a pass over a step's input."""
        return self.folding.beats(self.channels)

    @property
    def state_beats(self) -> int:
        """Cycles of a pass over a state."""
        return self.folding.beats(self.input_count - self.channels)

    @property
    def part_beats(self) -> tuple[int, int]:
        """Cycles of a pass of each part, in their order."""
        beats = self.input_beats, self.state_beats
        return beats[::-1] if self.state_first else beats

    @property
    def beats(self) -> int:
        """Cycles of a pass over both."""
        return self.input_beats + self.state_beats

    def rows_of(self, weights: np.ndarray) -> np.ndarray:
        """What is stored of weights (inputs + units, sums): a row a beat, part after part."""
        parts = [weights[: self.channels], weights[self.channels :]]
        rows = [weight_rows(part, self.folding.inputs_per_cycle, self.neurons) for part in parts]
        return np.concatenate(rows[::-1] if self.state_first else rows)


@dataclass(frozen=True)
class StepSums(StepParts, DensePlan):
    """The dense layer that a cell's weights are, with :class:`StepParts`."""

    channels: int = 1
    selects = False

    def weights_of(self, rows: np.ndarray) -> np.ndarray:
        counts = [self.channels, self.input_count - self.channels]
        order = slice(None, None, -1 if self.state_first else 1)
        first = self.part_beats[0] * self.passes
        parts = [
            from_rows(part, (count, self.units))
            for part, count in zip((rows[:first], rows[first:]), counts[order], strict=True)
        ]
        return np.concatenate(parts[order])


@lru_cache(16)
def sums_of(cell: Cell, gates: int) -> Dense:
    """The dense layer whose weights are those of a cell, all sums of a unit side by side.

    Values and weights are taken as integers, so that inputs and states go through the same
    multipliers, whatever their fraction bits are. Where weights are written at run time, sums have
    room for all that both arrays may hold. Plans of one layer in many foldings have one of these.
    """
    weights = weights_of_cell(cell, gates)
    reach = None
    if cell.weights.reach is not None and cell.recurrent.reach is not None:
        reach = cell.weights.reach + cell.recurrent.reach
    input = _both(cell.input, cell.output)
    weight = _both(cell.weights.format, cell.recurrent.format)
    products = Products(input, RawArray(weight, weights, reach))
    none = QFormat(1, 0)
    return Dense(
        input=input,
        weight=weight,
        accumulator=QFormat.for_raw_range(products.low, products.high, fraction=0),
        bias=none,
        weights=weights,
        biases=np.zeros(weights.shape[1], dtype=np.int64),
        activation=cell.gate,
        reach=reach,
    )


def weights_of_cell(cell: Cell, gates: int) -> np.ndarray:
    """Raw weights (inputs + units, sums) of a cell, all sums of a unit side by side."""
    return np.concatenate([by_unit(array.raw, gates) for array in (cell.weights, cell.recurrent)])


def by_unit(raw: np.ndarray, gates: int) -> np.ndarray:
    """Weights or biases (..., sums) whose sums are in order of the units, not of the gates."""
    apart = raw.reshape(*raw.shape[:-1], gates, -1)
    return np.moveaxis(apart, -2, -1).reshape(raw.shape)


def by_gate(raw: np.ndarray, gates: int) -> np.ndarray:
    """The inverse of :func:`by_unit`."""
    apart = raw.reshape(*raw.shape[:-1], -1, gates)
    return np.moveaxis(apart, -1, -2).reshape(raw.shape)


def _both(a: QFormat, b: QFormat) -> QFormat:
    """Integers that hold the raw values of both."""
    signed = a.signed or b.signed
    return QFormat(max(f.width + (signed and not f.signed) for f in (a, b)), 0, signed)
