"""Reads a matrix of numbers from a CSV file."""

from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape

__all__ = ["read_csv"]

# A double needs at most 24 characters; this leaves room for blanks around it.
_VALUE_CHARACTERS = 64


def read_csv(path: Path, shape: ArrayShape, *, where: str) -> np.ndarray:
    """The rows of a CSV file as a float64 matrix (rows, columns).

    Values are separated by commas; there is no header row; empty lines are skipped. The shape is
    only used to stop early on a file that is far too large: the caller checks it.

    Raises
    ------
    InputError
        A row of another length than the first, a value that is no number, too many values, or a
        file that is not text.
    """
    line_limit = _VALUE_CHARACTERS * min(_longest_row(shape) + 1, shape.max_values)
    rows: list[np.ndarray] = []
    try:
        with path.open(encoding="utf-8-sig") as file:
            number = 0
            while line := file.readline(line_limit):
                number += 1
                if not line.strip():
                    continue
                row = _parse_row(line, path, f"{where}: line {number}")
                if rows and row.size != rows[0].size:
                    raise InputError.at(
                        path,
                        f"{where}: line {number}",
                        expected=f"{rows[0].size} values as in the first row",
                        got=str(row.size),
                    )
                rows.append(row)
                if row.size * len(rows) > shape.max_values:
                    raise InputError.at(
                        path,
                        where,
                        expected=f"{shape} and at most {shape.max_values} values",
                        got="more",
                    )
    except UnicodeDecodeError:
        raise InputError.at(path, where, expected="CSV text", got="binary data") from None
    except OSError as error:
        raise InputError.at(
            path, where, expected="a readable file", got=str(error.strerror)
        ) from None
    if not rows:
        raise InputError.at(path, where, expected=str(shape), got="an empty file")
    return np.stack(rows)


def _longest_row(shape: ArrayShape) -> int:
    # A vector may be written as one row.
    last = shape.sizes[-1]
    return shape.max_values if last is None else last


def _parse_row(line: str, path: Path, where: str) -> np.ndarray:
    values = line.split(",")
    row = np.empty(len(values))
    for index, text in enumerate(values):
        try:
            # float() takes Python's 1_000, which no other tool reads as a number.
            row[index] = float(text if "_" not in text else "")
        except ValueError:
            raise InputError.at(
                path, f"{where}, value {index + 1}", expected="a number", got=shown(text.strip())
            ) from None
    return row
