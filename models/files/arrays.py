"""References to arrays in ``.csv``, ``.npy``, ``.npz:key`` or ``.mat:key``, and reading them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.csv_file import read_csv
from build_decoder.models.files.mat_file import read_mat
from build_decoder.models.files.numpy_file import read_npy, read_npz
from build_decoder.models.files.paths import require_file
from build_decoder.models.limits import MAX_MAGNITUDE

__all__ = ["ArrayReference", "read_array", "reference_inside"]

_KEYED = (".npz", ".mat")


@dataclass(frozen=True)
class ArrayReference:
    """Where an array lies: a file and, for an ``.npz`` or a ``.mat``, the key in it.

    Parameters
    ----------
    path:
        File that ends in ``.csv``, ``.npy``, ``.npz`` or ``.mat``.
    key:
        Name of the array in an ``.npz`` or a ``.mat``; None for the others.
    """

    path: Path
    key: str | None = None

    @classmethod
    def parse(cls, text: str) -> "ArrayReference":
        """From ``file.csv``, ``file.npy``, ``file.npz:key`` or ``file.mat:key``."""
        name, colon, key = text.rpartition(":")
        if colon and name.endswith(_KEYED):
            return cls(Path(name), key)
        return cls(Path(text))


def reference_inside(folder: Path, text: str, *, source: Path, where: str) -> ArrayReference:
    """The array that `text`, found at `where` in `source`, names relative to `folder`.

    Raises `InputError` where it lies outside of `folder` once ``..`` and links are resolved:
    a network folder that somebody sent must not make the reader open other files.
    """
    reference = ArrayReference.parse(text)
    try:
        inside = (folder / reference.path).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a null character, a loop of links
        inside = False
    if not inside:
        raise InputError.at(
            source, where, expected="a file inside the network's folder", got=shown(text)
        )
    return ArrayReference(folder / reference.path, reference.key)


def read_array(reference: ArrayReference, shape: ArrayShape, *, where: str) -> np.ndarray:
    """The array as float64, of the given shape and finite throughout.

    Parameters
    ----------
    where:
        What the array is, for the error messages.

    Raises
    ------
    InputError
        The file is missing, of another kind or damaged, holds pickled or non-numeric data, has
        another shape, is too large or has values that are not finite.
    """
    path, key = reference.path, reference.key
    if path.suffix not in (".csv", ".npy", *_KEYED) or (path.suffix in _KEYED) != bool(key):
        raise InputError.at(
            path,
            where,
            expected="an array in FILE.csv, FILE.npy, FILE.npz:KEY or FILE.mat:KEY",
            got=shown(path.name),
        )
    require_file(path, where=where)
    match path.suffix:
        case ".csv":
            array = read_csv(path, shape, where=where)
        case ".npy":
            array = read_npy(path, shape, where=where)
        case ".npz":
            array = read_npz(path, key, shape, where=where)
        case ".mat":
            array = read_mat(path, key, shape, where=where)
    if not shape.accepts(array.shape):
        raise InputError.at(path, where, expected=str(shape), got=f"shape {array.shape}")
    with np.errstate(over="ignore"):  # a long double can be too large: found below
        array = array.astype(np.float64)
    if len(shape.sizes) == 1:
        array = array.reshape(-1)
    good = np.abs(array) <= MAX_MAGNITUDE  # false for NaN
    if not good.all():
        index = tuple(int(i) for i in np.argwhere(~good)[0])
        raise InputError.at(
            path,
            where,
            expected=f"finite numbers of at most {MAX_MAGNITUDE:.0e} in magnitude",
            got=f"{array[index]} at index {shown(index)}",
        )
    return array
