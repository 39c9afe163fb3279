"""Labelled signatures of one subject, as training takes them."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.arrays import ArrayReference, read_array
from build_decoder.models.files.atomic_file import write_atomically
from build_decoder.models.files.numpy_file import npz_keys
from build_decoder.models.files.paths import require_file
from build_decoder.models.limits import MAX_RECORDING_VALUES, MAX_WIDTH
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.gain import WINDOW, gain_number, numbered_gain

__all__ = ["Dataset", "read_dataset", "save_dataset"]


def _nothing() -> np.ndarray:
    return np.empty(0)


@dataclass(frozen=True)
class Dataset:
    """Labelled signatures of one subject.

    Parameters
    ----------
    name:
        Of the subject.
    cuff:
        Geometry of the signatures, and number of classes.
    spatial:
        Signatures with spatial emphasis, float32, (signatures, channels, samples).
    labels:
        Their classes, int64, (signatures,).
    noise:
        Windows of recorded noise for the augmentation, float32, (windows, channels, samples);
        empty where there are none.
    held_out:
        Which signatures are the data's own test set, bool, (signatures,); empty where a
        cross-validation is meant.
    gain:
        How signatures are scaled, of `GAINS`.
    """

    name: str
    cuff: NerveCuff
    spatial: np.ndarray
    labels: np.ndarray
    noise: np.ndarray = field(default_factory=_nothing)
    held_out: np.ndarray = field(default_factory=_nothing)
    gain: str = WINDOW

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything but the name, 64 hexadecimal digits."""
        digest = hashlib.sha256(repr(self.cuff).encode())
        for array in (self.spatial, self.labels, self.noise, self.held_out):
            digest.update(f"{array.shape}{array.dtype}".encode())
            digest.update(np.ascontiguousarray(array))
        if self.gain != WINDOW:  # data from before there was another keep their digest
            digest.update(self.gain.encode())
        return digest.hexdigest()


def save_dataset(dataset: Dataset, path: Path) -> None:
    """Write a data set to an ``.npz`` file, which is there whole or not at all."""
    cuff = dataset.cuff
    arrays = {
        "spatial": dataset.spatial,
        "labels": dataset.labels,
        "cuff": np.array([cuff.rings, cuff.contacts, cuff.samples, cuff.classes]),
    }
    if len(dataset.noise):
        arrays["noise"] = dataset.noise
    if len(dataset.held_out):
        arrays["held_out"] = dataset.held_out
    if dataset.gain != WINDOW:
        arrays["gain"] = np.array([gain_number(dataset.gain)])
    with write_atomically(path) as stream:
        np.savez(stream, **arrays)


def read_dataset(path: Path, *, cuff: NerveCuff | None = None) -> Dataset:
    """The data set in an ``.npz`` file, named like the file.

    Files of `save_signatures` are data sets as well: ``spatial`` and ``labels`` have to be there,
    ``noise``, ``held_out``, ``gain`` (0: the paper's, 1: causal) and ``cuff`` (rings, contacts,
    samples, classes) may.

    Parameters
    ----------
    cuff:
        Rings and contacts: needed where the file does not say them; where it does, they have to
        be the same.

    Raises
    ------
    InputError
        The file is missing or holds something else, or nothing says what the cuff is.
    """
    require_file(path)
    keys = npz_keys(path)

    def read(key: str, *axes: str) -> np.ndarray:
        shape = ArrayShape((None,) * len(axes), axes, MAX_RECORDING_VALUES)
        return read_array(ArrayReference(path, key), shape, where=key)

    spatial = read("spatial", "signatures", "channels", "samples").astype(np.float32)
    labels = read("labels", "signatures")
    _require(path, "labels", _whole(labels, MAX_WIDTH), "whole numbers from 0 up")
    labels = labels.astype(np.int64)
    if len(labels) != len(spatial):
        raise InputError.at(
            path, "labels", expected=f"{len(spatial)} classes as in spatial", got=str(len(labels))
        )
    classes = int(labels.max()) + 1
    if "cuff" in keys:
        sizes = read("cuff", "sizes")
        good = len(sizes) == 4 and _whole(sizes - 1, MAX_WIDTH)
        _require(path, "cuff", good, "rings, contacts, samples and classes")
        rings, contacts, samples, classes = map(int, sizes)
        good = samples == spatial.shape[2]
        _require(path, "cuff", good, f"{spatial.shape[2]} samples as in spatial")
        if cuff and (cuff.rings, cuff.contacts) != (rings, contacts):
            raise InputError.at(
                path,
                "cuff",
                expected=f"{cuff.rings} rings of {cuff.contacts} contacts, as --cuff says",
                got=f"{rings} of {contacts}",
            )
    elif cuff:
        rings, contacts = cuff.rings, cuff.contacts
    else:
        raise InputError.at(
            path,
            "cuff",
            expected="rings, contacts, samples and classes (cut it anew, or give --cuff)",
            got=f"nothing; there are {spatial.shape[1]} channels",
        )
    _require(path, "labels", classes >= 2, "at least 2 classes")
    cuff = NerveCuff(rings, contacts, spatial.shape[2], classes)
    if cuff.channels != spatial.shape[1]:
        raise InputError.at(
            path,
            "spatial",
            expected=f"{rings} rings of {contacts} contacts",
            got=f"{spatial.shape[1]} channels",
        )
    present = np.bincount(labels, minlength=classes)
    _require(path, "labels", len(present) == classes, f"classes below {classes}")
    _require(path, "spatial", spatial.any(), "some signature that is not 0")
    noise, held_out = _nothing(), _nothing()
    if "noise" in keys:
        noise = read("noise", "windows", "channels", "samples").astype(np.float32)
        _require(path, "noise", noise.shape[1:] == spatial.shape[1:], "windows like signatures")
    if "held_out" in keys:
        held_out = read("held_out", "signatures")
        _require(path, "held_out", held_out.shape == labels.shape, "one value a signature")
        good = set(np.unique(held_out)) == {0, 1}
        _require(path, "held_out", good, "0 and 1, and some of each")
        held_out = held_out.astype(bool)
    gain = WINDOW
    if "gain" in keys:
        try:
            gain = numbered_gain(read("gain", "value")[0])
        except ValueError as error:
            raise InputError(f"{path}: gain: {error}") from None
    return Dataset(path.stem, cuff, spatial, labels, noise, held_out, gain)


def _whole(values: np.ndarray, limit: int) -> bool:
    return bool(len(values)) and bool(
        ((values == np.floor(values)) & (values >= 0) & (values < limit)).all()
    )


def _require(path: Path, where: str, good: bool, expected: str) -> None:
    if not good:
        raise InputError.at(path, where, expected=expected, got="something else")
