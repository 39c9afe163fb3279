"""The results file: one row a cell, one JSON object a line, appended as cells are finished.

A row ends in a checksum of the rest of it, so that a damaged figure is told from a measured one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown

__all__ = ["Results", "Row", "open_results", "read_rows", "row_line"]

Row = dict[str, Any]

# What every row has; the keys of `Cell.identity` besides.
_KEYS = (
    *("key", "network", "subject", "digest", "folds", "fold", "samples", "augmentation", "seed"),
    *("schedule", "accuracy", "macro_f1", "weights", "macs", "seconds"),
)
_START = b'{"key": "'  # of every row
_CHECKSUM = "checksum"  # of every row's line; not of the row that is read from it


class Results:
    """An open results file; see `open_results`."""

    def __init__(self, stream, rows: list[Row]):
        self._stream = stream
        self.rows = rows
        self.keys = {row["key"] for row in rows}

    def append(self, row: Row) -> None:
        """Add a row; it is on the disk when this returns."""
        self._stream.write(row_line(row))
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.rows.append(row)
        self.keys.add(row["key"])


def row_line(row: Row) -> bytes:
    """The line of a row, with its checksum."""
    return json.dumps({**row, _CHECKSUM: _checksum(row)}).encode() + b"\n"


def _checksum(row: Row) -> str:
    text = json.dumps(row, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
        checksum = row.pop(_CHECKSUM, None)
        if checksum != _checksum(row):
            raise InputError.at(
                path,
                f"line {number}",
                expected="a row with the checksum of its content (train it again, without this "
                "line)",
                got="a damaged row" if checksum else "one without a checksum",
            )
        if row["key"] not in keys:
            rows.append(row)
            keys.add(row["key"])
    return rows
