"""Sums of a time step in floating point: of products of its input and of the state before it."""

from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.floating.dense.plan import FloatDensePlan
from build_decoder.hdl.recurrent.step_sums import StepParts, by_unit
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.recurrent import FloatCell

__all__ = ["FloatStepSums", "float_sums_of"]


@dataclass(frozen=True)
class FloatStepSums(StepParts, FloatDensePlan):
    """The dense layer that a cell's weights are, of exact sums, with
    :class:`~hdl.recurrent.step_sums.StepParts`."""

    channels: int = 1


def float_sums_of(cell: FloatCell, gates: int) -> FloatDense:
    """The dense layer whose weights are those of a cell, all sums of a unit side by side, without
    biases, which the cell adds."""
    weights = np.concatenate([by_unit(array, gates) for array in (cell.weights, cell.recurrent)])
    return FloatDense(
        input=cell.format, greatest=cell.greatest, least=cell.least, weight=cell.format,
        output=cell.format, weights=weights, biases=np.zeros(weights.shape[1], dtype=np.int64),
    )  # fmt: skip
