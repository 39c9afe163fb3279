"""What of a layer's weights and biases decides its area."""

from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.planning.memories import MemoryRules
from build_decoder.hdl.planning.weight_rows import (
    different,
    different_columns,
    varies,
    weight_rows,
)
from build_decoder.quant.qformat import QFormat

__all__ = ["BiasCounts", "WeightCounts"]


@dataclass(frozen=True)
class WeightCounts:
    """What of a layer's weights decides its area.

    Parameters
    ----------
    inputs
        Of the layer.
    bits
        Of a weight, as synthesis sees it: a place in the memory where all weights are small has
        fewer.
    columns
        Different columns of the weight memory that are not constant.
    tables
        Different ones of the truth tables of these, each of so many rows as a LUT holds.
    terms, digits
        Weights of a single row, which are constant, that are not zero, and bits that are set in
        their magnitudes.
    """

    inputs: int
    bits: float
    columns: int = 0
    tables: int = 0
    terms: int = 0
    digits: int = 0

    @classmethod
    def of(
        cls, weights: np.ndarray, width: int, folding: tuple[int, int], memory: MemoryRules
    ) -> "WeightCounts":
        """Counts of raw ``weights``, int64 (inputs, units), of ``width`` bits."""
        return cls.of_rows(weight_rows(weights, *folding), len(weights), width, memory)

    @classmethod
    def of_rows(
        cls, rows: np.ndarray, inputs: int, width: int, memory: MemoryRules
    ) -> "WeightCounts":
        """Counts of raw rows, int64 (rows, ...), of weights of ``width`` bits."""
        count = len(rows)
        rows = rows.reshape(count, -1)
        if count == 1:
            magnitudes = np.abs(rows)
            return cls(
                inputs,
                width,
                terms=int(np.count_nonzero(magnitudes)),
                digits=int(np.bitwise_count(magnitudes).sum()),
            )
        columns, _ = different_columns(rows, width)
        tables = 0
        if not memory.fits_block_ram(count, len(columns)):
            deep = memory.lut_rows
            parts = (columns[:, start : start + deep] for start in range(0, count, deep))
            tables = sum(len(different(part[varies(part)])[0]) for part in parts)
        return cls(inputs, _mean_bits(rows), len(columns), tables)


def _mean_bits(rows: np.ndarray) -> float:
    """Mean of the bits that each column of weights needs in two's complement."""
    least, most = rows.min(axis=0), rows.max(axis=0)
    magnitude = np.maximum(most, -least - 1)
    # Of 0 there are none, and of a column of zeros there is nothing at all.
    needed = np.frexp(magnitude.astype(np.float64))[1] + (least < 0)
    return round(float(needed.mean()), 3)


@dataclass(frozen=True)
class BiasCounts:
    """What of a layer's stored biases decides its area.

    Parameters
    ----------
    units
        Of the layer.
    width
        Bits of a stored bias.
    columns
        Different columns of the tables of all lanes that are not constant.
    """

    units: int
    width: int
    columns: int

    @classmethod
    def of(cls, stored: np.ndarray, lanes: int) -> "BiasCounts":
        """Counts of raw ``stored`` biases, int64 (units,), read ``lanes`` at a time."""
        low, high = min(int(stored.min()), 0), max(int(stored.max()), 0)
        width = QFormat.for_raw_range(low, high, fraction=0, signed=low < 0).width
        groups = -(-len(stored) // lanes)
        padded = np.zeros(groups * lanes, dtype=np.int64)
        padded[: len(stored)] = stored
        tables = padded.reshape(groups, lanes)
        columns = sum(len(different_columns(table[:, None], width)[0]) for table in tables.T)
        return cls(len(stored), width, columns)
