"""Reads an array from ``.npy`` or ``.npz`` without trusting the file.

The header is read first: type and shape are checked before memory is taken for the data, and
nothing is ever unpickled.
"""

import math
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy_format

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape

__all__ = [
    "READ_ERRORS",
    "npz_keys",
    "npz_shape",
    "npz_type",
    "read_npy",
    "read_npz",
    "read_npz_text",
    "read_npz_texts",
]

_TEXT_CHARACTERS = 64
_TEXTS = 2**20

try:
    from lzma import LZMAError as _LZMAError
except ImportError:  # a Python without it raises a RuntimeError
    _LZMAError = RuntimeError

# What the standard library and numpy raise on damaged, encrypted or truncated files.
READ_ERRORS = (
    ValueError,
    OSError,
    EOFError,
    RuntimeError,
    SyntaxError,  # this and the next: numpy parses a header as Python
    tokenize.TokenError,
    zlib.error,
    zipfile.BadZipFile,
    _LZMAError,
)


def read_npy(path: Path, shape: ArrayShape, *, where: str) -> np.ndarray:
    """The array in an ``.npy`` file; `InputError` unless it is numeric and of that shape."""
    try:
        with path.open("rb") as stream:
            bytes_needed = _check_header(stream, path, shape, where)
            bytes_there = path.stat().st_size - stream.tell()
            if bytes_there < bytes_needed:
                raise InputError.at(
                    path, where, expected=f"{bytes_needed} bytes of data", got=str(bytes_there)
                )
            stream.seek(0)
            return npy_format.read_array(stream, allow_pickle=False)
    except READ_ERRORS:
        raise InputError.at(
            path, where, expected="a valid .npy file", got="a damaged file or another kind"
        ) from None


def read_npz(path: Path, key: str, shape: ArrayShape, *, where: str) -> np.ndarray:
    """The array called `key` in an ``.npz``; `InputError` unless it is numeric, of that shape."""
    keys = npz_keys(path)
    if key not in keys:
        raise InputError.at(
            path,
            where,
            expected=f"an array called {shown(key)}",
            got=f"a file with {shown(', '.join(keys))}",
        )
    try:
        with zipfile.ZipFile(path) as archive:
            with archive.open(f"{key}.npy") as stream:
                _check_header(stream, path, shape, where)
            with archive.open(f"{key}.npy") as stream:
                return npy_format.read_array(stream, allow_pickle=False)
    except (*READ_ERRORS, KeyError):
        raise InputError.at(
            path, where, expected=f"a valid array called {shown(key)}", got="damaged data"
        ) from None


def npz_keys(path: Path) -> tuple[str, ...]:
    """Names of the arrays in an ``.npz`` file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except READ_ERRORS:
        raise InputError.at(
            path, "", expected="an .npz file", got="a damaged file or another kind"
        ) from None
    if len(set(names)) != len(names):
        raise InputError.at(path, "", expected="one array of each name", got="a name twice")
    return tuple(name.removesuffix(".npy") for name in names)


def npz_shape(path: Path, key: str) -> tuple[int, ...]:
    """Shape that an ``.npz`` file declares for the array called `key`, which it has."""
    return _declared(path, key)[0]


def npz_type(path: Path, key: str) -> np.dtype:
    """Type that an ``.npz`` file declares for the array called `key`, which it has."""
    return _declared(path, key)[1]


def read_npz_text(path: Path, key: str, *, characters: int = _TEXT_CHARACTERS) -> str:
    """The text in the array called `key`, one string, of an ``.npz`` file that has it."""
    shape, dtype = _declared(path, key)
    if dtype.kind not in "US" or math.prod(shape) != 1 or dtype.itemsize > 4 * characters:
        raise InputError.at(
            path, key, expected="one short text", got=f"{shown(str(dtype))}, shape {shape}"
        )
    return _texts(path, key)[0]


def read_npz_texts(path: Path, key: str) -> tuple[str, ...]:
    """The short texts in the array called `key` of an ``.npz`` file that has it."""
    shape, dtype = _declared(path, key)
    good = dtype.kind in "US" and math.prod(shape) <= _TEXTS
    if not good or dtype.itemsize > 4 * _TEXT_CHARACTERS:
        raise InputError.at(
            path, key, expected="short texts", got=f"{shown(str(dtype))}, shape {shape}"
        )
    return _texts(path, key)


def _texts(path: Path, key: str) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as stream:
            texts = npy_format.read_array(stream, allow_pickle=False).ravel().tolist()
    except (*READ_ERRORS, KeyError):
        raise _damaged(path, key) from None
    return tuple(
        text if isinstance(text, str) else text.decode("ascii", "replace") for text in texts
    )


def _declared(path: Path, key: str) -> tuple[tuple[int, ...], np.dtype]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as stream:
            return _read_header(stream)
    except (*READ_ERRORS, KeyError):
        raise _damaged(path, key) from None


def _damaged(path: Path, key: str) -> InputError:
    return InputError.at(
        path, key, expected=f"a valid array called {shown(key)}", got="damaged data"
    )


def _read_header(stream: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type that the header at the start of `stream` declares."""
    version = npy_format.read_magic(stream)
    if version == (1, 0):
        declared, _, dtype = npy_format.read_array_header_1_0(stream)
    else:
        declared, _, dtype = npy_format.read_array_header_2_0(stream)
    return declared, dtype


def _check_header(stream: BinaryIO, path: Path, shape: ArrayShape, where: str) -> int:
    """Check the header at the start of `stream`; returns the size of the data in bytes."""
    declared, dtype = _read_header(stream)
    if dtype.hasobject:
        raise InputError.at(path, where, expected="numbers", got="pickled Python objects")
    if dtype.kind not in "biuf":
        raise InputError.at(path, where, expected="real numbers", got=f"type {shown(str(dtype))}")
    values = math.prod(declared)
    if not shape.accepts(declared):
        raise InputError.at(path, where, expected=str(shape), got=f"shape {shown(declared)}")
    if values > shape.max_values:
        raise InputError.at(
            path, where, expected=f"at most {shape.max_values} values", got=shown(values)
        )
    return values * dtype.itemsize
