"""Files that are there whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["write_atomically"]


@contextlib.contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content is at `path` once the block is left without an exception.

    Folders are made where they are not there. Of two that write at once, the last to end wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
