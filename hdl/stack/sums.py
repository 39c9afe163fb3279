"""Sums of a time step of stacked layers: what the shared multipliers make, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.hdl.planning.weight_rows import weight_rows
from build_decoder.hdl.recurrent.step_sums import by_unit
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["Part", "StackSums", "integers"]


class Part(NamedTuple):
    """A layer's sums of its state, or of its input.

    Attributes
    ----------
    layer
        Number of the layer.
    of_state
        Whether its inputs are the layer's own state, not the input of the step.
    weights
        Raw int64 (inputs, sums), all sums of a unit side by side.
    """

    layer: int
    of_state: bool
    weights: np.ndarray


@dataclass(frozen=True)
class StackSums(DensePlan):
    """The dense layer that the weights of stacked layers are, whose sums are those of all parts of
    a step: of the state of each layer, then of the input of each.

    What ``parameters`` has as weights are those of the parts beside each other, so that widths are
    proven for each part by itself.

    Parameters
    ----------
    parts
        In their order.
    """

    parts: tuple[Part, ...] = ()
    selects = False

    @classmethod
    def of(
        cls,
        layers: tuple[RecurrentLayer, ...],
        gates: int,
        folding: Folding,
        multipliers: Multipliers | None,
    ) -> "StackSums":
        """Sums of ``gates`` a unit of some layers."""
        dense, parts = _sums_of(layers, gates)
        return cls(dense, folding, 1, True, multipliers, parts=parts)

    @property
    def input_beats(self) -> int:
        """Cycles of a pass over the first layer's input."""
        return self.beats_of(self.parts[len(self.parts) // 2])

    @property
    def neurons(self) -> int:
        return self.folding.outputs_per_cycle

    def beats_of(self, part: Part) -> int:
        """Cycles of a pass of a part."""
        return self.folding.beats(len(part.weights))

    def groups_of(self, part: Part) -> list[int]:
        """Sums of each pass of a part."""
        left, at_once = part.weights.shape[1], self.neurons
        return [min(at_once, left - start) for start in range(0, left, at_once)]

    @property
    def weight_rows(self) -> np.ndarray:
        rows = []
        for part in self.parts:
            spare = max(self.neurons - part.weights.shape[1], 0)
            filled = np.pad(part.weights, ((0, 0), (0, spare)))
            rows.append(weight_rows(filled, self.folding.inputs_per_cycle, self.neurons))
        return np.concatenate(rows)


@lru_cache(16)
def _sums_of(
    layers: tuple[RecurrentLayer, ...], gates: int
) -> tuple[Dense, tuple[Part, ...]]:
    """What plans of the same layers in many foldings have in common: the dense layer, and parts."""
    parts = tuple(
        Part(number, of_state, by_unit(array.raw, gates))
        for of_state in (True, False)
        for number, layer in enumerate(layers)
        for array in (layer.cell.recurrent if of_state else layer.cell.weights,)
    )
    return _dense(layers, parts), parts


def _dense(layers: Sequence[RecurrentLayer], parts: tuple[Part, ...]) -> Dense:
    cells = [layer.cell for layer in layers]
    inputs = max(len(part.weights) for part in parts)
    weights = np.concatenate(
        [np.pad(part.weights, ((0, inputs - len(part.weights)), (0, 0))) for part in parts], axis=1
    )
    input = integers([cells[0].input, *(cell.output for cell in cells)])
    weight = integers(
        [array.format for cell in cells for array in (cell.weights, cell.recurrent)]
    )
    products = Products(input, RawArray(weight, weights))
    none = QFormat(1, 0)
    return Dense(
        input=input,
        weight=weight,
        accumulator=QFormat.for_raw_range(products.low, products.high, fraction=0),
        bias=none,
        weights=weights,
        biases=np.zeros(weights.shape[1], dtype=np.int64),
        activation=cells[0].gate,
    )


def integers(formats: Sequence[QFormat]) -> QFormat:
    """Integers that hold the raw values of all formats."""
    signed = any(format.signed for format in formats)
    return QFormat(max(f.width + (signed and not f.signed) for f in formats), 0, signed)
