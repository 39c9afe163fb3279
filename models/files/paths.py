"""Checks on paths that the user gives. Unlike pathlib's, they never raise an `OSError`."""

import os
from pathlib import Path

from build_decoder.models.errors import InputError

__all__ = ["no_such", "require_file"]


def require_file(path: Path, *, where: str = "") -> None:
    """Raise `InputError` unless `path` is a regular file; `where` says who needs it."""
    if not os.path.isfile(path):
        raise InputError.at(path, where, expected="a file", got=no_such(path))


def no_such(path: Path) -> str:
    """The words for an error message where `path` is no file or folder of a known kind."""
    return "something else" if os.path.lexists(path) else "no such file or folder"
