"""Reads arrays and texts from MATLAB's ``.mat`` files, of versions 4 to 7.3.

What a file declares is checked before memory is taken for it. Axes are as MATLAB shows them; of
version 7.3, which is HDF5, the file has them the other way round. No object is made of anything but
numbers and text.
"""

import importlib
import math
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.limits import MAX_GOLDEN_VALUES

__all__ = ["mat_contents", "read_mat"]

_WHOLE = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_NUMBERS = ("double", "single", "logical", *_WHOLE)
_TEXT = "char"
_HDF5 = b"\x89HDF"
_HEADER = 512  # bytes before HDF5 in a file of version 7.3


def mat_contents(path: Path) -> Mapping[str, np.ndarray]:
    """All variables of a file by name: numbers, or a text as an array of one.

    Raises
    ------
    InputError
        The file is damaged or too large, has other variables, or the package that reads it is not
        installed.
    """
    return _read(path, None)


def read_mat(path: Path, key: str, shape: ArrayShape, *, where: str) -> np.ndarray:
    """The numbers in the variable called `key`; `InputError` unless they have that shape."""
    found = _read(path, key)
    if key not in found:
        raise _error(path, where, f"a variable called {shown(key)}", "a file without it")
    array = found[key]
    if array.dtype.kind not in "biuf":
        raise _error(path, where, "real numbers", f"type {shown(str(array.dtype))}")
    if array.size > shape.max_values:
        raise _error(path, where, f"at most {shape.max_values} values", str(array.size))
    return array


def _read(path: Path, only: str | None) -> Mapping[str, np.ndarray]:
    try:
        with path.open("rb") as stream:
            start = stream.read(_HEADER + len(_HDF5))
        hdf5 = start.startswith(_HDF5) or start[_HEADER:].startswith(_HDF5)
        return _of_hdf5(path, only) if hdf5 else _of_scipy(path, only)
    except InputError:
        raise
    except Exception:  # of many kinds, in damaged files
        raise _error(path, "", "a .mat file", "a damaged file or another kind") from None


def _of_scipy(path: Path, only: str | None) -> Mapping[str, np.ndarray]:
    scipy = _package(path, "scipy.io")
    declared = [item for item in scipy.whosmat(path) if only in (None, item[0])]
    for name, shape, kind in declared:
        _check(path, name, shape, kind)
    _check_all(path, [shape for _, shape, _ in declared])
    found = scipy.loadmat(path, variable_names=[name for name, _, _ in declared])
    return {name: np.asarray(found[name]) for name, _, _ in declared}


def _of_hdf5(path: Path, only: str | None) -> Mapping[str, np.ndarray]:
    h5py = _package(path, "h5py")
    found: dict[str, np.ndarray] = {}
    with h5py.File(path, "r") as file:
        names = [name for name in file if not name.startswith("#") and only in (None, name)]
        kinds = {}
        for name in names:
            link = file.get(name, getlink=True)
            item = file[name] if isinstance(link, h5py.HardLink) else None
            kind = item.attrs.get("MATLAB_class", b"") if item is not None else b""
            kinds[name] = kind.decode() if isinstance(kind, bytes) else str(kind)
            plain = isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual
            if not plain or "MATLAB_empty" in item.attrs:
                raise _error(path, name, "numbers or a text", kinds[name] or "another thing")
            _check(path, name, item.shape, kinds[name])
        _check_all(path, [file[name].shape for name in names])
        for name in names:
            array = file[name][()].T
            if kinds[name] == _TEXT:
                array = np.array(["".join(map(chr, array.reshape(-1)))])
            found[name] = array
    return found


def _check(path: Path, name: str, shape: tuple[int, ...], kind: str) -> None:
    if kind not in (*_NUMBERS, _TEXT):
        raise _error(path, name, "numbers or a text (no struct, cell or sparse matrix)", kind)
    if kind == _TEXT and math.prod(shape) > 64:
        raise _error(path, name, "one short text", f"shape {shape}")


def _check_all(path: Path, shapes: list[tuple[int, ...]]) -> None:
    values = sum(map(math.prod, shapes))
    if values > 2 * MAX_GOLDEN_VALUES:
        raise _error(path, "", f"at most {2 * MAX_GOLDEN_VALUES} values", str(values))


def _package(path: Path, name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise _error(
            path, "", "SciPy and h5py, which read .mat files: pip install 'build_decoder[train]'",
            f"no {name.partition('.')[0]}",
        ) from None


def _error(path: Path, where: str, expected: str, got: str) -> InputError:
    return InputError.at(path, where, expected=expected, got=got)
