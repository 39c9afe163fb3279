"""Stacked layers as one layer of all their units, where one cell does for all of them."""

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import lru_cache

import numpy as np

from build_decoder.quant.operations.identity import identity
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.recurrence import Cell
from build_decoder.quant.operations.union import union
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["shared_layer"]

_ARRAYS = frozenset({"input", "weights", "recurrent", "biases"})


@lru_cache(16)
def shared_layer(layers: tuple[RecurrentLayer, ...], gates: int) -> RecurrentLayer | None:
    """A layer with the units of all ``layers``, one layer's after the other's, whose cell computes
    what the cell of each computes; None if their cells differ in anything but weights and biases.

    Its sums have the fraction bits of the finest: those of each layer are shifted to them. Plans of
    the same layers in many foldings have one of these.

    Parameters
    ----------
    gates
        Sums of a unit.
    """
    cells = [layer.cell for layer in layers]
    if len({_own(cell) for cell in cells}) > 1:
        return None
    first, units = cells[0], sum(cell.units for cell in cells)
    channels = max(len(cell.weights.raw) for cell in cells)
    cell = replace(
        first,
        input=union([cell.input for cell in cells]),
        weights=_beside([cell.weights for cell in cells], channels, gates),
        recurrent=_beside([cell.recurrent for cell in cells], units, gates),
        biases=replace(
            first.biases,
            raw=_units_beside([cell.biases.raw for cell in cells], gates),
        ),
    )
    try:
        return replace(layers[0], cell=cell)
    except ValueError:
        # Sums with the fraction bits of the finest would be wider than any that are built.
        return None


def _own(cell: Cell) -> bytes:
    """All of a cell but its weights and biases, and the format of these."""
    held = [getattr(cell, field.name) for field in fields(cell) if field.name not in _ARRAYS]
    return b", ".join(map(identity, [*held, cell.biases.format]))


def _beside(arrays: Sequence[RawArray], rows: int, gates: int) -> RawArray:
    """Weights of several layers in a format that holds them all, filled up to so many ``rows``."""
    format = union([array.format for array in arrays])
    raw = [
        np.pad(array.raw << format.fraction - array.format.fraction,
               ((0, rows - len(array.raw)), (0, 0)))
        for array in arrays
    ]
    return RawArray(format, _units_beside(raw, gates))


def _units_beside(arrays: Sequence[np.ndarray], gates: int) -> np.ndarray:
    """Arrays (..., gates * units) of several layers, all units of a gate side by side."""
    apart = [array.reshape(*array.shape[:-1], gates, -1) for array in arrays]
    beside = np.concatenate(apart, axis=-1)
    return beside.reshape(*beside.shape[:-2], -1)
