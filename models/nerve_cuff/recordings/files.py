"""Recordings and signatures in ``.npz`` and, for recordings, MATLAB's ``.mat``.

Both hold the same arrays, named as in `ARRAYS`; those of the events are left out together where
no nCAP is known.
"""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import io

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.numpy_file import npz_keys, read_npz
from build_decoder.models.files.paths import require_file
from build_decoder.models.limits import MAX_RECORDING_VALUES, MAX_WIDTH
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.gain import GAINS, WINDOW
from build_decoder.models.nerve_cuff.recordings.recording import Recording
from build_decoder.models.nerve_cuff.recordings.signatures import Signatures

__all__ = [
    "ARRAYS",
    "read_recording",
    "read_signatures",
    "save_recording",
    "save_signatures",
]

_EVENTS = ("event_times", "event_classes", "event_snr_db")


def _shape(*axes: str, sizes: tuple[int | None, ...] | None = None) -> ArrayShape:
    return ArrayShape(sizes or (None,) * len(axes), axes, MAX_RECORDING_VALUES)


# Shape of each array of a recording. `cuff` is rings, contacts, samples of a signature, classes.
ARRAYS = {
    "counts": _shape("samples", "channels"),
    "microvolts_per_count": _shape("value", sizes=(1,)),
    "rate": _shape("value", sizes=(1,)),
    "cuff": _shape("sizes", sizes=(4,)),
    "stimulus_spans": _shape("stimuli", "start and end", sizes=(None, 2)),
    "stimulus_classes": _shape("stimuli"),
    "event_times": _shape("events"),
    "event_classes": _shape("events"),
    "event_snr_db": _shape("events"),
}
_SIGNATURE_ARRAYS = {
    "spatial": _shape("signatures", "channels", "samples"),
    "labels": _shape("signatures"),
    "peaks": _shape("signatures"),
}

# What SciPy raises on damaged files, beside its own kinds, which are subclasses of Exception.
_MAT_ERRORS = (
    *(ValueError, TypeError, KeyError, IndexError, OSError, NotImplementedError, MemoryError),
    *(zlib.error, struct.error, OverflowError, io.matlab.MatReadError),
)


def save_recording(recording: Recording, path: Path) -> None:
    """Write `recording` to a file that ends in ``.npz`` or ``.mat``."""
    cuff = recording.cuff
    arrays = {
        "counts": recording.counts,
        "microvolts_per_count": np.array([recording.microvolts_per_count]),
        "rate": np.array([recording.rate]),
        "cuff": np.array([cuff.rings, cuff.contacts, cuff.samples, cuff.classes]),
        "stimulus_spans": recording.stimulus_spans,
        "stimulus_classes": recording.stimulus_classes,
    }
    if len(recording.event_times):
        arrays |= {name: getattr(recording, name) for name in _EVENTS}
    match path.suffix:
        case ".npz":
            np.savez(path, **arrays)
        case ".mat":
            io.savemat(path, arrays)
        case _:
            raise _wrong_suffix(path)


def read_recording(path: Path) -> Recording:
    """The recording in an ``.npz`` or ``.mat`` file. Arrays of other names in it are ignored.

    Raises
    ------
    InputError
        The file is missing, damaged or of another kind, or an array is missing, of another shape
        or holds values that make no sense.
    """
    if path.suffix not in (".npz", ".mat"):
        raise _wrong_suffix(path)
    require_file(path)
    names, read = _npz_arrays(path) if path.suffix == ".npz" else _mat_arrays(path)
    wanted = [name for name in ARRAYS if name not in _EVENTS or names.intersection(_EVENTS)]
    arrays = {name: _plain(read(name), ARRAYS[name]) for name in wanted}
    return _checked(path, arrays)


def save_signatures(signatures: Signatures, path: Path) -> None:
    """Write `signatures` to an ``.npz`` file; the same signatures give the same bytes."""
    if path.suffix != ".npz":
        raise InputError.at(path, "", expected="a name that ends in .npz", got=shown(path.name))
    arrays = {name: getattr(signatures, name) for name in _SIGNATURE_ARRAYS}
    if signatures.gain != WINDOW:
        arrays["gain"] = np.array([list(GAINS).index(signatures.gain)])
    np.savez(path, **arrays)


def read_signatures(path: Path) -> Signatures:
    """The signatures in an ``.npz`` file; `InputError` where it holds something else."""
    require_file(path)
    arrays = {
        name: read_npz(path, name, _SIGNATURE_ARRAYS[name], where=name)
        for name in _SIGNATURE_ARRAYS
    }
    number = len(arrays["spatial"])
    for name, most in (("labels", MAX_WIDTH - 1), ("peaks", MAX_RECORDING_VALUES)):
        arrays[name] = _whole(path, name, arrays[name].ravel(), 0, most).astype(np.int64)
        _same_length(path, name, arrays[name], number, "signatures")
    _finite(path, "spatial", arrays["spatial"])
    gain = WINDOW
    if "gain" in npz_keys(path):
        number = read_npz(path, "gain", _shape("value", sizes=(1,)), where="gain")
        gain = list(GAINS)[int(_whole(path, "gain", number, 0, len(GAINS) - 1)[0])]
    return Signatures(
        arrays["spatial"].astype(np.float32), arrays["labels"], arrays["peaks"], gain
    )


_Reader = Callable[[str], np.ndarray]


def _npz_arrays(path: Path) -> tuple[set[str], _Reader]:
    def read(name: str) -> np.ndarray:
        return read_npz(path, name, ARRAYS[name], where=name)

    return set(npz_keys(path)), read


def _mat_arrays(path: Path) -> tuple[set[str], _Reader]:
    damaged = InputError.at(
        path, "", expected="a .mat file of version 5 to 7", got="a damaged file or another kind"
    )
    try:
        shapes = {name: (shape, kind) for name, shape, kind in io.whosmat(path)}
    except _MAT_ERRORS:
        raise damaged from None

    def read(name: str) -> np.ndarray:
        if name not in shapes:
            raise InputError.at(
                path,
                name,
                expected=f"an array called {shown(name)}",
                got=f"a file with {shown(', '.join(shapes))}",
            )
        # Before memory is taken for the data.
        (shape, kind), want = shapes[name], ARRAYS[name]
        if not want.accepts(shape):
            raise InputError.at(path, name, expected=str(want), got=f"shape {shown(shape)}")
        if np.prod(shape, dtype=object) > want.max_values:
            raise InputError.at(
                path,
                name,
                expected=f"at most {want.max_values} values",
                got=f"shape {shown(shape)}",
            )
        try:
            array = io.loadmat(path, variable_names=[name])[name]
        except _MAT_ERRORS:
            raise damaged from None
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
            raise InputError.at(path, name, expected="real numbers", got=f"type {shown(kind)}")
        return array

    return set(shapes), read


def _plain(array: np.ndarray, shape: ArrayShape) -> np.ndarray:
    """`array`, as a vector where one axis is expected: MATLAB has but matrices."""
    return array.ravel() if len(shape.sizes) == 1 else array


def _checked(path: Path, arrays: dict[str, np.ndarray]) -> Recording:
    for name, array in arrays.items():
        _finite(path, name, array)
    for name in ("microvolts_per_count", "rate"):
        if not arrays[name][0] > 0:
            raise InputError.at(path, name, expected="a number above 0", got=str(arrays[name][0]))
    sizes = _whole(path, "cuff", arrays["cuff"], 1, MAX_RECORDING_VALUES)
    rings, contacts, samples, classes = (int(size) for size in sizes)
    if rings < 3 or classes < 2:
        raise InputError.at(
            path,
            "cuff",
            expected="at least 3 rings and 2 classes",
            got=f"{rings} and {classes}",
        )
    cuff = NerveCuff(rings, contacts, samples, classes)
    counts = _whole(path, "counts", arrays["counts"], -(2**15), 2**15 - 1)
    if counts.shape[1] != cuff.channels:
        raise InputError.at(
            path,
            "counts",
            expected=f"{cuff.channels} channels as the cuff has contacts",
            got=str(counts.shape[1]),
        )
    seconds = len(counts) / arrays["rate"][0]
    spans = arrays["stimulus_spans"].astype(np.float64)
    _increasing(path, "stimulus_spans", spans.ravel(), seconds)
    recording = {
        "counts": counts.astype(np.int16),
        "microvolts_per_count": float(arrays["microvolts_per_count"][0]),
        "rate": float(arrays["rate"][0]),
        "cuff": cuff,
        "stimulus_spans": spans,
        "stimulus_classes": _classes(path, "stimulus_classes", arrays, cuff, len(spans), "stimuli"),
    }
    if "event_times" in arrays:
        times = arrays["event_times"].astype(np.float64)
        _increasing(path, "event_times", times, seconds)
        snr = arrays["event_snr_db"].astype(np.float64)
        _same_length(path, "event_snr_db", snr, len(times), "events")
        recording |= {
            "event_times": times,
            "event_classes": _classes(path, "event_classes", arrays, cuff, len(times), "events"),
            "event_snr_db": snr,
        }
    return Recording(**recording)


def _classes(
    path: Path, name: str, arrays: dict[str, np.ndarray], cuff: NerveCuff, number: int, of: str
) -> np.ndarray:
    classes = _whole(path, name, arrays[name], 0, cuff.classes - 1).astype(np.int64)
    _same_length(path, name, classes, number, of)
    return classes


def _finite(path: Path, name: str, array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        got = array[~np.isfinite(array)][0]
        raise InputError.at(path, name, expected="finite numbers", got=str(got))


def _whole(path: Path, name: str, array: np.ndarray, low: int, high: int) -> np.ndarray:
    wrong = (array < low) | (array > high)
    if array.dtype.kind == "f":
        wrong |= array != np.floor(array)
    if wrong.any():
        raise InputError.at(
            path,
            name,
            expected=f"whole numbers from {low} to {high}",
            got=f"{array[wrong][0]:g}",
        )
    return array


def _same_length(path: Path, name: str, array: np.ndarray, number: int, of: str) -> None:
    if len(array) != number:
        raise InputError.at(
            path, name, expected=f"{number}, one for each of the {of}", got=str(len(array))
        )


def _increasing(path: Path, name: str, seconds: np.ndarray, end: float) -> None:
    # A stimulus may begin where the one before it ends.
    if (np.diff(seconds) < 0).any() or seconds[0] < 0 or seconds[-1] > end:
        raise InputError.at(
            path,
            name,
            expected=f"seconds from 0 to {end:g} in order",
            got=f"{shown(seconds[:4].tolist())} to {seconds.max():g}",
        )


def _wrong_suffix(path: Path) -> InputError:
    return InputError.at(path, "", expected="FILE.npz or FILE.mat", got=shown(path.name))
