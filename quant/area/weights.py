"""What of a layer's weights and biases decides its area."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.area.memories import LUT_ROWS, fits_block_ram
from build_decoder.quant.qformat import QFormat

__all__ = ["BiasCounts", "WeightCounts", "different_columns", "weight_rows"]


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
    def of(cls, weights: np.ndarray, width: int, folding: tuple[int, int]) -> "WeightCounts":
        """Counts of raw ``weights``, int64 (inputs, units), of ``width`` bits."""
        rows = weight_rows(weights, *folding)
        count = len(rows)
        rows = rows.reshape(count, -1)
        if count == 1:
            magnitudes = np.abs(rows)
            return cls(
                len(weights),
                width,
                terms=int(np.count_nonzero(magnitudes)),
                digits=int(np.bitwise_count(magnitudes).sum()),
            )
        columns, _ = different_columns(rows, width)
        tables = 0
        if not fits_block_ram(count, len(columns)):
            parts = (columns[:, start : start + LUT_ROWS] for start in range(0, count, LUT_ROWS))
            tables = sum(len(_different(part[_varies(part)])[0]) for part in parts)
        return cls(len(weights), _mean_bits(rows), len(columns), tables)


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


def different_columns(rows: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Different columns, none of them constant, of rows of words, and where each bit is in these.

    Parameters
    ----------
    rows
        Int64 (rows, words).
    width
        Bits of a word.

    Returns
    -------
    columns
        Bool (columns, rows).
    places
        Int64 (words * width,), the column that each bit of a row is in, the lowest bit of the first
        word first; -1 for constant ones.
    """
    bits = (rows.T[:, None, :] >> np.arange(width)[:, None] & 1).astype(bool)
    bits = bits.reshape(-1, len(rows))
    varies = _varies(bits)
    first, inverse = _different(bits[varies])
    places = np.full(len(bits), -1)
    places[varies] = inverse
    return bits[varies][first], places


def _varies(columns: np.ndarray) -> np.ndarray:
    return (columns != columns[:, :1]).any(axis=1)


def _different(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of different columns, and the place of each column in these."""
    if not len(columns):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    packed = np.packbits(columns, axis=1)
    # Compared as bytes, which is far faster than number by number.
    keys = packed.view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return first, inverse


def weight_rows(weights: np.ndarray, inputs_per_cycle: int, outputs_per_cycle: int) -> np.ndarray:
    """Raw weights (rows, inputs_per_cycle, neurons), a row a beat, pass after pass.

    ``weights`` is (inputs, units); what fills the last beat and the last pass is zero.
    """
    inputs, units = weights.shape
    neurons = min(outputs_per_cycle, units)
    beats, passes = -(-inputs // inputs_per_cycle), -(-units // neurons)
    padded = np.zeros((beats * inputs_per_cycle, passes * neurons), dtype=np.int64)
    padded[:inputs, :units] = weights
    rows = padded.reshape(beats, inputs_per_cycle, passes, neurons)
    return rows.transpose(2, 0, 1, 3).reshape(-1, inputs_per_cycle, neurons)
