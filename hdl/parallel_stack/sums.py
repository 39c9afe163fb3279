"""Sums of LSTMs in a row, all of a layer at once: what the multipliers of all lanes make."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.weight_rows import weight_rows
from build_decoder.hdl.recurrent.step_sums import by_unit
from build_decoder.hdl.stack.sums import integers
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["Block", "ParallelSums"]


class Block(NamedTuple):
    """Rows of weights that a pass goes over one after the other.

    Attributes
    ----------
    layer
        Number of the layer whose sums it goes into.
    of_state
        Whether its inputs are the layer's own state, not the input of the step.
    values
        Format of its inputs.
    rows
        Raw int64 (beats, lanes * sums): of each beat the weights of its values, those of a value
        beside each other.
    """

    layer: int
    of_state: bool
    values: QFormat
    rows: np.ndarray


@dataclass(frozen=True)
class ParallelSums(DensePlan):
    """The dense layer that the weights of LSTMs in a row are, with a neuron for each sum of each
    lane: a lane takes one value a cycle, and the sums of all lanes are added behind them.

    Weights of a layer are shifted, so that all its products have the same fraction bits and go into
    one sum.

    Parameters
    ----------
    blocks
        In order of the layers, the state and the input of each.
    """

    blocks: tuple[Block, ...] = ()
    selects = False

    @classmethod
    def of(
        cls,
        layers: Sequence[RecurrentLayer],
        gates: int,
        lanes: int,
        fractions: Sequence[int],
        multipliers: Multipliers | None,
    ) -> "ParallelSums":
        """Sums of ``gates`` a unit, of which those of each layer have ``fractions`` bits of
        fraction, with ``lanes`` values a cycle."""
        units = max(layer.cell.units for layer in layers)
        blocks = tuple(
            _block(number, layer, of_state, gates, units, lanes, fractions[number])
            for number, layer in enumerate(layers)
            for of_state in (True, False)
        )
        dense = _dense(blocks, layers[0])
        folding = Folding(1, dense.units)
        return cls(dense, folding, 1, True, multipliers, blocks=blocks)

    def block(self, layer: int, of_state: bool) -> Block:
        """The rows that a layer's state, or its input, is multiplied with."""
        return self.blocks[2 * layer + (not of_state)]

    def beats_of(self, layer: int, of_state: bool) -> int:
        """Cycles over a layer's state, or its input."""
        return len(self.block(layer, of_state).rows)

    def start(self, layer: int, of_state: bool) -> int:
        """Number of the first row of a block."""
        return sum(len(block.rows) for block in self.blocks[: 2 * layer + (not of_state)])

    @cached_property
    def unit_width(self) -> int:
        """Bits of the sums of any lane, proven from the actual weights of each layer and all values
        that its inputs may have."""
        low = high = 0
        for layer in {block.layer for block in self.blocks}:
            lows = highs = 0
            for of_state in (False, True):
                block = self.block(layer, of_state)
                positive = np.maximum(block.rows, 0).sum(axis=0)
                negative = np.minimum(block.rows, 0).sum(axis=0)
                least, most = block.values.min_raw, block.values.max_raw
                lows = lows + positive * least + negative * most
                highs = highs + positive * most + negative * least
            low, high = min(low, int(lows.min())), max(high, int(highs.max()))
        return QFormat.for_raw_range(low, high, fraction=0, signed=True).width


def _block(
    number: int, layer: RecurrentLayer, of_state: bool, gates: int, units: int, lanes: int,
    fraction: int,
) -> Block:
    cell = layer.cell
    array, values = (
        (cell.recurrent, cell.output) if of_state else (cell.weights, cell.input)
    )
    shift = fraction - array.format.fraction - values.fraction
    weights = by_unit(array.raw << shift, gates)
    weights = np.pad(weights, ((0, 0), (0, gates * (units - cell.units))))
    rows = weight_rows(weights, lanes, weights.shape[1])
    return Block(number, of_state, values, rows.reshape(len(rows), -1))


def _dense(blocks: Sequence[Block], layer: RecurrentLayer) -> Dense:
    rows = np.concatenate([block.rows for block in blocks])
    input = integers([block.values for block in blocks])
    weight = QFormat.for_raw_range(
        min(int(rows.min()), -1), max(int(rows.max()), 0), fraction=0, signed=True
    )
    bound = int(np.abs(rows).sum(axis=0).max()) << input.width
    none = QFormat(1, 0)
    return Dense(
        input=input,
        weight=weight,
        accumulator=QFormat.for_raw_range(-bound, bound, fraction=0),
        bias=none,
        weights=rows,
        biases=np.zeros(rows.shape[1], dtype=np.int64),
        activation=layer.cell.gate,
    )
