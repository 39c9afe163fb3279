"""Arrays of a recording in a ``.mat`` file of version 7.3, which is HDF5."""

from pathlib import Path

import h5py
import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.nerve_cuff.recordings.arrays import IN_MEMORY, SIGNALS, absent, accept
from build_decoder.models.nerve_cuff.recordings.samples import HdfSamples, Samples

__all__ = ["HdfArrays"]

_CLASS = "MATLAB_class"  # an attribute that MATLAB gives to each array
_EMPTY = "MATLAB_empty"


class HdfArrays:
    """See `Arrays`. MATLAB's arrays lie with their axes in reverse order."""

    def __init__(self, path: Path):
        self._path = path
        try:
            self._file = h5py.File(path, "r")
            self.names = tuple(name for name in self._file if not name.startswith("#"))
        except Exception:  # h5py raises whatever it meets
            raise self._damaged("") from None

    def numbers(self, name: str, shape: ArrayShape) -> np.ndarray:
        dataset = self._dataset(name)
        if dataset.attrs.get(_EMPTY):
            accept(self._path, name, shape, (0, 0))
        turned = _CLASS in dataset.attrs
        accept(self._path, name, shape, dataset.shape[::-1] if turned else dataset.shape)
        if dataset.dtype.kind not in "biuf":
            raise self._no_numbers(name, dataset)
        try:
            return dataset[()].T if turned else dataset[()]
        except Exception:
            raise self._damaged(name) from None

    def texts(self, name: str) -> tuple[str, ...] | None:
        dataset = self._dataset(name)
        kind = _text(dataset.attrs.get(_CLASS, b""))
        try:
            if kind == "cell" or h5py.check_ref_dtype(dataset.dtype) is not None:
                return tuple(_text_of(self._file[cell]) for cell in dataset[()].T.ravel())
            if kind == "char":  # a row of the matrix is a text
                codes = np.atleast_2d(dataset[()].T)
                return tuple("".join(map(chr, row)).rstrip() for row in codes)
            if h5py.check_string_dtype(dataset.dtype) is not None:
                return tuple(map(_text, dataset[()].ravel()))
        except Exception:
            raise self._damaged(name) from None
        if kind in ("string", "categorical") or dataset.dtype.hasobject:
            raise InputError.at(
                self._path,
                name,
                expected="numbers, or a cell array of char (cellstr(...))",
                got=f"a MATLAB object ({kind or 'unknown'})",
            )
        return None

    def signals(self, name: str) -> np.ndarray | Samples:
        dataset = self._dataset(name)
        turned = _CLASS in dataset.attrs
        accept(self._path, name, SIGNALS, dataset.shape[::-1] if turned else dataset.shape)
        if dataset.dtype.kind not in "biuf":
            raise self._no_numbers(name, dataset)
        if dataset.size <= IN_MEMORY:
            return self.numbers(name, SIGNALS)
        return HdfSamples(dataset, turned)

    def _dataset(self, name: str) -> h5py.Dataset:
        if name not in self.names:
            raise absent(self._path, name, self.names)
        try:
            found = self._file[name]
        except Exception:
            raise self._damaged(name) from None
        if not isinstance(found, h5py.Dataset):
            raise InputError.at(self._path, name, expected="an array", got="a structure")
        return found

    def _no_numbers(self, name: str, dataset: h5py.Dataset) -> InputError:
        return InputError.at(
            self._path, name, expected="real numbers", got=f"type {shown(str(dataset.dtype))}"
        )

    def _damaged(self, where: str) -> InputError:
        return InputError.at(
            self._path, where, expected="a .mat file", got="a damaged file or another kind"
        )


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _text_of(dataset: h5py.Dataset) -> str:
    """The text in a cell: codes of its characters."""
    if _text(dataset.attrs.get(_CLASS, b"char")) != "char":
        raise ValueError("expected char")
    if dataset.attrs.get(_EMPTY):
        return ""
    return "".join(map(chr, dataset[()].ravel()))
