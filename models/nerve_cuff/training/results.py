"""The results file: one row a cell, one JSON object a line, appended as cells are finished."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown

__all__ = ["Results", "Row", "open_results", "read_rows"]

Row = dict[str, Any]

# What every row has; the keys of `Cell.identity` besides.
_KEYS = (
    *("key", "network", "subject", "digest", "folds", "fold", "samples", "augmentation", "seed"),
    *("schedule", "accuracy", "macro_f1", "weights", "macs", "seconds"),
)
_START = b'{"key": "'  # of every row


class Results:
    """An open results file; see `open_results`."""

    def __init__(self, stream, rows: list[Row]):
        self._stream = stream
        self.rows = rows
        self.keys = {row["key"] for row in rows}

    def append(self, row: Row) -> None:
        """Add a row; it is on the disk when this returns."""
        self._stream.write(json.dumps(row).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.rows.append(row)
        self.keys.add(row["key"])


@contextlib.contextmanager
def open_results(path: Path) -> Iterator[Results]:
    """Open a results file to append to it; it is made where it is not there.

    A last line that a killed run left torn is cut off. No second process can have it open.

    Raises
    ------
    InputError
        Something else is in it, or another process has it open.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError.at(
                path, "", expected="a file that no other run appends to", got="one in use"
            ) from None
        stream.seek(0)
        content = stream.read()
        whole = content[: content.rfind(b"\n") + 1]
        rows = _parse(path, whole)
        torn = content[len(whole) :]
        if not (torn.startswith(_START) or _START.startswith(torn)):
            raise InputError.at(
                path, "its end", expected="a row of results", got=shown(torn[:60])
            )
        stream.truncate(len(whole))
        yield Results(stream, rows)


def read_rows(path: Path) -> list[Row]:
    """The rows of a results file, without a torn last line; `InputError` where it has none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        got = error.strerror
        raise InputError.at(path, "", expected="a results file", got=got) from None
    rows = _parse(path, content[: content.rfind(b"\n") + 1])
    if not rows:
        raise InputError.at(path, "", expected="at least one row", got="none")
    return rows


def _parse(path: Path, content: bytes) -> list[Row]:
    rows, keys = [], set()
    for number, line in enumerate(content.splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or any(key not in row for key in _KEYS):
            raise InputError.at(
                path, f"line {number}", expected="a row of results", got=shown(line[:60])
            )
        if row["key"] not in keys:
            rows.append(row)
            keys.add(row["key"])
    return rows
