"""Bounds the arrays in ``model.weights.h5``, an HDF5 file, before Keras allocates them.

HDF5 lets a file of a few bytes declare arrays of any size: filled with one value, packed, or kept
in other files.
"""

import io
import math
from pathlib import Path
from types import ModuleType
from typing import Any

from build_decoder.models.errors import InputError, shown
from build_decoder.models.limits import MAX_KERAS_BYTES, MAX_KERAS_EXPANSION, MAX_KERAS_OBJECTS
from build_decoder.models.tensorflow_import import missing_tensorflow

__all__ = ["count_weights"]

_EXPANSION_FLOOR = 2**16  # bytes of an array that may be packed as tightly as it likes
_WHERE = "model.weights.h5"


def count_weights(path: Path, weights: bytes) -> int:
    """Values in all arrays of ``model.weights.h5``, the contents of which are `weights`.

    `InputError` where it is damaged or unlike what Keras writes, or TensorFlow is not installed,
    which brings the reader of HDF5.
    """
    h5py = _import_h5py(path)
    count = objects = size = 0

    def visit(name: str, link: Any) -> InputError | None:
        # What a visitor raises, h5py replaces; what it returns ends the visit.
        nonlocal count, objects, size
        try:
            objects += 1
            if objects > MAX_KERAS_OBJECTS:
                raise _error(path, "", f"at most {MAX_KERAS_OBJECTS} groups and arrays", "more")
            if not isinstance(link, h5py.HardLink):
                raise _error(path, name, "a group or an array", "a link")
            found = file[name]
            if isinstance(found, h5py.Dataset):
                size += _size(path, name, found)
                count += math.prod(found.shape)
            if size > MAX_KERAS_BYTES:
                raise _error(path, "", f"at most {MAX_KERAS_BYTES} bytes of arrays", "more")
        except InputError as error:
            return error
        return None

    try:
        with h5py.File(io.BytesIO(weights), "r") as file:
            error = file.visititems_links(visit)
    except Exception:  # h5py raises whatever it meets
        error = _error(path, "", "the weights of a Keras model", "damaged data")
    if error is not None:
        raise error
    return count


def _size(path: Path, name: str, array: Any) -> int:
    """Bytes that reading `array` takes."""
    if array.dtype.kind not in "biuf" or array.shape is None:
        raise _error(path, name, "numbers", shown(str(array.dtype)))
    if array.external or array.is_virtual:
        raise _error(path, name, "an array in this file", "one in another file")
    # A packed array is unpacked a chunk at a time, and a chunk may be larger than the array.
    values = max(math.prod(array.shape), math.prod(array.chunks or ()))
    size, stored = values * array.dtype.itemsize, array.id.get_storage_size()
    if size > max(_EXPANSION_FLOOR, MAX_KERAS_EXPANSION * stored):
        raise _error(
            path,
            name,
            f"at most {MAX_KERAS_EXPANSION} bytes for each byte stored",
            f"{size} bytes of which {stored} are stored",
        )
    return size


def _import_h5py(path: Path) -> ModuleType:
    try:
        import h5py  # comes with TensorFlow, which is an extra
    except ImportError:
        raise missing_tensorflow(str(path)) from None
    return h5py


def _error(path: Path, name: str, expected: str, got: str) -> InputError:
    where = f"{_WHERE}: {shown(name)}" if name else _WHERE
    return InputError.at(path, where, expected=expected, got=got)
