"""What every kind of file of a recording gives: arrays by name."""

from pathlib import Path
from typing import Protocol

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.nerve_cuff.recordings.samples import Samples

__all__ = ["IN_MEMORY", "SIGNALS", "Arrays", "absent", "accept"]

IN_MEMORY = 2**25
"""Values up to which signals are read whole: 20 s of 56 contacts at 30 kHz, 64 MiB."""

SIGNALS = ArrayShape((None, None), ("samples", "channels"), 2**40)
"""Of any length: they are read in blocks."""


class Arrays(Protocol):
    """The arrays of an open file; what is wrong with one is an `InputError`."""

    names: tuple[str, ...]

    def numbers(self, name: str, shape: ArrayShape) -> np.ndarray:
        """The array `name`, real numbers of that shape."""

    def texts(self, name: str) -> tuple[str, ...] | None:
        """The strings in `name`; None where it holds something else."""

    def signals(self, name: str) -> np.ndarray | Samples:
        """The matrix `name` as it lies there, in the file where it is large."""


def absent(path: Path, name: str, names: tuple[str, ...]) -> InputError:
    """The error that there is no array called `name`."""
    return InputError.at(
        path,
        name,
        expected=f"an array called {shown(name)}",
        got=f"a file with {shown(', '.join(names))}",
    )


def accept(path: Path, name: str, want: ArrayShape, shape: tuple[int, ...]) -> None:
    """Raise `InputError` unless `want` accepts `shape`, before memory is taken for it."""
    if not want.accepts(shape):
        raise InputError.at(path, name, expected=str(want), got=f"shape {shown(shape)}")
    if np.prod(shape, dtype=object) > want.max_values:
        raise InputError.at(
            path, name, expected=f"at most {want.max_values} values", got=f"shape {shown(shape)}"
        )
