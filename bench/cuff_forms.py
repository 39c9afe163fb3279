"""A recording in the forms of file that people have, for the benches and tests of its reader."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy import io

from build_decoder.models.nerve_cuff.recordings import Recording

__all__ = ["FORMS", "arrays_of", "write_hdf"]

_NAMES = ("dorsiflexion", "heel prick", "plantarflexion")
Arrays = dict[str, Any]


def arrays_of(recording: Recording) -> Arrays:
    """The arrays of a file of `recording`, without what is known of its nCAPs."""
    cuff = recording.cuff
    return {
        "counts": recording.counts,
        "microvolts_per_count": np.array([recording.microvolts_per_count]),
        "rate": np.array([recording.rate]),
        "cuff": np.array([cuff.rings, cuff.contacts, cuff.samples, cuff.classes]),
        "stimulus_spans": recording.stimulus_spans,
        "stimulus_classes": recording.stimulus_classes,
    }


def write_hdf(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays as MATLAB's ``save -v7.3`` does: axes reversed, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in arrays.items():
            if isinstance(value, list):
                cells = [
                    _tagged(file, f"#refs#/{name}{index}", _codes(text), "char").ref
                    for index, text in enumerate(value)
                ]
                _tagged(file, name, np.array([cells], h5py.ref_dtype), "cell")
            else:
                _tagged(file, name, np.atleast_2d(value).T, "double")


def _codes(text: str) -> np.ndarray:
    return np.array([[ord(character)] for character in text], np.uint16)


def _tagged(file: h5py.File, name: str, value: np.ndarray, kind: str) -> h5py.Dataset:
    dataset = file.create_dataset(name, data=value)
    dataset.attrs["MATLAB_class"] = np.bytes_(kind)
    return dataset


def _npz(path: Path, arrays: Arrays) -> None:
    np.savez(path, **{name: np.asarray(value) for name, value in arrays.items()})


def _packed(path: Path, arrays: Arrays) -> None:
    np.savez_compressed(path, **arrays)


def _mat(path: Path, arrays: Arrays) -> None:
    cells = {name: np.array(value, object) for name, value in arrays.items()
             if isinstance(value, list)}
    io.savemat(path, {**arrays, **cells}, do_compression=True, oned_as="column")


def _form(
    write: Callable[[Path, Arrays], None], change: Callable[[Recording, Arrays], Arrays]
) -> Callable[[Recording, Path], None]:
    def write_form(recording: Recording, path: Path) -> None:
        arrays = arrays_of(recording)
        changed = change(recording, arrays)
        if "microvolts" in changed or "volts" in changed:
            del arrays["counts"], arrays["microvolts_per_count"]
        write(path, arrays | changed)

    return write_form


def _plain(recording: Recording, arrays: Arrays) -> Arrays:
    return {}


def _doubles(recording: Recording, arrays: Arrays) -> Arrays:
    return {name: np.asarray(value, np.float64) for name, value in arrays.items()}


def _turned(recording: Recording, arrays: Arrays) -> Arrays:
    return {"counts": recording.counts.T}


def _offset(recording: Recording, arrays: Arrays) -> Arrays:
    counts = (recording.counts.astype(np.int32) + 32768).astype(np.uint16)
    return {"counts": counts, "zero_count": np.array([32768])}


def _microvolts(recording: Recording, arrays: Arrays) -> Arrays:
    return {"microvolts": recording.counts * np.float32(recording.microvolts_per_count)}


def _volts(recording: Recording, arrays: Arrays) -> Arrays:
    return {"volts": recording.counts * recording.microvolts_per_count * 1e-6}


def _names(recording: Recording, arrays: Arrays) -> Arrays:
    # Their order in the alphabet is that of the numbers.
    return {"stimulus_classes": [_NAMES[label] for label in recording.stimulus_classes]}


FORMS: Sequence[tuple[str, str, Callable[[Recording, Path], None]]] = (
    ("`.npz`, packed", ".npz", _form(_packed, _plain)),
    ("`.mat` of version 5 to 7", ".mat", _form(_mat, _doubles)),
    ("`.mat` of version 7.3", ".mat", _form(write_hdf, _doubles)),
    ("float32 microvolts", ".npz", _form(_npz, _microvolts)),
    ("volts, `.mat` of version 7.3", ".mat", _form(write_hdf, _volts)),
    ("uint16 with an offset", ".npz", _form(_npz, _offset)),
    ("channels x samples", ".npz", _form(_npz, _turned)),
    ("channels x samples, `.mat` of version 7.3", ".mat", _form(write_hdf, _turned)),
    ("names of classes, `.npz`", ".npz", _form(_npz, _names)),
    ("names of classes, `.mat` of version 5 to 7", ".mat", _form(_mat, _names)),
    ("names of classes, `.mat` of version 7.3", ".mat", _form(write_hdf, _names)),
)
"""Each form: its name, the ending of its file, and what writes it."""
