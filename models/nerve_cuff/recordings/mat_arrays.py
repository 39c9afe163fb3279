"""Arrays of a recording in a ``.mat`` file of version 5 to 7."""

import struct
import zlib
from pathlib import Path

import numpy as np
from scipy import io

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.nerve_cuff.recordings.arrays import IN_MEMORY, SIGNALS, absent, accept
from build_decoder.models.nerve_cuff.recordings.mat_signals import large_signals
from build_decoder.models.nerve_cuff.recordings.samples import Samples
from build_decoder.models.room import is_no_room

__all__ = ["MatArrays"]

# What SciPy raises on damaged files, beside its own kinds, which are subclasses of Exception.
_MAT_ERRORS = (
    *(ValueError, TypeError, KeyError, IndexError, OSError, NotImplementedError, MemoryError),
    *(zlib.error, struct.error, OverflowError, io.matlab.MatReadError),
)


class MatArrays:
    """See `Arrays`."""

    def __init__(self, path: Path):
        self._path = path
        try:
            self._shapes = {name: (shape, kind) for name, shape, kind in io.whosmat(path)}
        except _MAT_ERRORS:
            raise self._damaged() from None
        self.names = tuple(self._shapes)

    def numbers(self, name: str, shape: ArrayShape) -> np.ndarray:
        self._require(name)
        declared, kind = self._shapes[name]
        accept(self._path, name, shape, declared)
        array = self._load(name)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
            raise InputError.at(
                self._path, name, expected="real numbers", got=f"type {shown(kind)}"
            )
        return array

    def texts(self, name: str) -> tuple[str, ...] | None:
        kind = self._shapes[name][1]
        if kind in ("opaque", "object", "unknown"):
            raise InputError.at(
                self._path,
                name,
                expected="numbers, or a cell array of char (cellstr(...))",
                got=f"a MATLAB object ({kind})",
            )
        if kind not in ("cell", "char"):
            return None
        values = self._load(name).ravel().tolist()
        texts = [value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
                 for value in values]
        if not all(isinstance(text, str) for text in texts):
            raise InputError.at(self._path, name, expected="a cell array of char", got="others")
        return tuple(text.rstrip() for text in texts)  # a matrix of char is filled up with blanks

    def signals(self, name: str) -> np.ndarray | Samples:
        self._require(name)
        shape, _ = self._shapes[name]
        accept(self._path, name, SIGNALS, shape)
        if np.prod(shape, dtype=object) <= IN_MEMORY:
            return self.numbers(name, SIGNALS)
        try:
            return large_signals(self._path, name)
        except _MAT_ERRORS as error:
            if isinstance(error, OSError) and is_no_room(error):
                raise
            raise self._damaged() from None

    def _require(self, name: str) -> None:
        if name not in self._shapes:
            raise absent(self._path, name, self.names)

    def _load(self, name: str) -> np.ndarray:
        try:
            return io.loadmat(self._path, variable_names=[name])[name]
        except _MAT_ERRORS:
            raise self._damaged() from None

    def _damaged(self) -> InputError:
        return InputError.at(
            self._path, "", expected="a .mat file", got="a damaged file or another kind"
        )
