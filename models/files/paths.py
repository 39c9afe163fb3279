"""Checks on paths that the user gives. Unlike pathlib's, they never raise an `OSError`."""

import os
from pathlib import Path

from build_decoder.models.errors import InputError

__all__ = ["no_such", "require_file"]


def require_file(path: Path, *, where: str = "") -> None:
    """Raise `InputError` unless `path` is a regular file; `where` says what it is wanted for."""
    if not os.path.isfile(path):
        raise InputError.at(path, where, expected="a file", got=no_such(path))


def no_such(path: Path) -> str:
    """What came instead of a file or folder of a known kind, for the error message."""
    return "something else" if os.path.lexists(path) else "no such file or folder"
