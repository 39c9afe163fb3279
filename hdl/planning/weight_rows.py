"""Rows and columns of a weight memory."""

import numpy as np

__all__ = ["different", "different_columns", "from_rows", "varies", "weight_rows"]


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


def from_rows(rows: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The weights (inputs, units) of a ``shape`` that :func:`weight_rows` made ``rows`` of."""
    inputs, units = shape
    _, inputs_per_cycle, neurons = rows.shape
    beats, passes = -(-inputs // inputs_per_cycle), -(-units // neurons)
    parts = rows.reshape(passes, beats, inputs_per_cycle, neurons).transpose(1, 2, 0, 3)
    return parts.reshape(beats * inputs_per_cycle, passes * neurons)[:inputs, :units]


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
    # In the narrowest type that holds them, a bit of all words after the other.
    words = np.ascontiguousarray(rows.T.astype(np.min_scalar_type((1 << width) - 1)))
    bits = np.empty((len(words), width, len(rows)), bool)
    for place in range(width):
        np.not_equal(words & words.dtype.type(1 << place), 0, out=bits[:, place])
    bits = bits.reshape(-1, len(rows))
    changing = varies(bits)
    first, inverse = different(bits[changing])
    places = np.full(len(bits), -1)
    places[changing] = inverse
    return bits[changing][first], places


def varies(columns: np.ndarray) -> np.ndarray:
    """Which columns, bool (columns, rows), are not constant."""
    return (columns != columns[:, :1]).any(axis=1)


def different(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of different columns, bool (columns, rows), and the place of each column in these."""
    if not len(columns):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    packed = np.packbits(columns, axis=1)
    # Compared as bytes, which is far faster than number by number.
    keys = packed.view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return first, inverse
