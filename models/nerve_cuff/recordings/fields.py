"""A recording from the arrays of its file, each checked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models.class_names import distinct_names
from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.limits import MAX_RECORDING_VALUES
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.arrays import Arrays, absent
from build_decoder.models.nerve_cuff.recordings.recording import Recording
from build_decoder.models.nerve_cuff.recordings.samples import Samples, blocks

__all__ = ["finite", "recording_of", "same_length", "whole"]

_UNITS = {"counts": None, "microvolts": 1.0, "volts": 1e6}
_EVENTS = ("event_times", "event_classes", "event_snr_db")
_STIMULI = ("stimulus_spans", "stimulus_classes")
_INT16 = np.iinfo(np.int16)


def _shape(*axes: str, sizes: tuple[int | None, ...] | None = None) -> ArrayShape:
    return ArrayShape(sizes or (None,) * len(axes), axes, MAX_RECORDING_VALUES)


_NUMBER = _shape("value", sizes=(1,))


def recording_of(path: Path, arrays: Arrays) -> Recording:
    """The recording in `arrays`, those of the file `path`; `InputError` where it is none."""
    rate = _positive(path, arrays, "rate")
    cuff = _cuff(path, arrays)
    recording = _signals(path, arrays, cuff) | {"rate": rate, "cuff": cuff}
    seconds = len(recording["counts"]) / rate
    recording |= _stimuli(path, arrays, cuff, seconds)
    if set(_EVENTS).intersection(arrays.names):
        times = _vector(arrays, "event_times").astype(np.float64)
        finite(path, "event_times", times)
        _increasing(path, "event_times", times, seconds)
        classes = _vector(arrays, "event_classes")
        snr = _vector(arrays, "event_snr_db").astype(np.float64)
        finite(path, "event_snr_db", snr)
        same_length(path, "event_snr_db", snr, len(times), "events")
        recording |= {
            "event_times": times,
            "event_classes": _numbered(path, "event_classes", classes, cuff, len(times), "events"),
            "event_snr_db": snr,
        }
    return Recording(**recording)


def finite(path: Path, name: str, array: np.ndarray) -> None:
    """Raise `InputError` unless all values are finite."""
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError.at(
            path, name, expected="finite numbers", got=f"{array[index]} at index {shown(index)}"
        )


def whole(path: Path, name: str, array: np.ndarray, low: float, high: float) -> np.ndarray:
    """`array`; `InputError` unless its values are whole numbers from `low` to `high`."""
    wrong = (array < low) | (array > high)
    if array.dtype.kind == "f":
        wrong |= array != np.floor(array)
    if wrong.any():
        raise InputError.at(
            path,
            name,
            expected=f"whole numbers from {low:g} to {high:g}"
            if max(abs(low), abs(high)) < 1e5 else f"whole numbers from {low:.0f} to {high:.0f}",
            got=f"{array[wrong][0]:g}",
        )
    return array


def same_length(path: Path, name: str, array: np.ndarray, number: int, of: str) -> None:
    """Raise `InputError` unless `array` has `number` values."""
    if len(array) != number:
        raise InputError.at(
            path, name, expected=f"{number}, one for each of the {of}", got=str(len(array))
        )


def _signals(path: Path, arrays: Arrays, cuff: NerveCuff) -> dict[str, Any]:
    """Samples, (samples, channels), their scale and zero."""
    there = [name for name in _UNITS if name in arrays.names]
    if not there:
        raise absent(path, "counts", arrays.names)  # or one of the other units
    if len(there) > 1:
        raise InputError.at(
            path, "", expected="one of counts, microvolts and volts", got=" and ".join(there)
        )
    (name,) = there
    counts = arrays.signals(name)
    if counts.shape[1] != cuff.channels and counts.shape[0] == cuff.channels:
        counts = counts.T
    if counts.shape[1] != cuff.channels:
        raise InputError.at(
            path,
            name,
            expected=f"{cuff.channels} channels as the cuff has contacts",
            got=f"{counts.shape[1]}",
        )
    scale, zero = _UNITS[name], 0.0
    if scale is None:
        scale = _positive(path, arrays, "microvolts_per_count")
        zero = _scalar(path, arrays, "zero_count") if "zero_count" in arrays.names else 0.0
        counts = _counts(path, counts, zero)
    else:
        for _, block in _blocks(path, name, counts):
            finite(path, name, block)
        if isinstance(counts, np.ndarray) and counts.dtype.kind != "f":
            counts = counts.astype(np.float64)
    return {"counts": counts, "microvolts_per_count": scale, "zero_count": zero}


def _counts(path: Path, counts: np.ndarray | Samples, zero: float) -> np.ndarray | Samples:
    """Whole numbers: of an integer type, or, as MATLAB writes them, of 16 bits in doubles."""
    if counts.dtype.kind in "iub" and counts.dtype.itemsize <= 4:
        return counts
    for _, block in _blocks(path, "counts", counts):
        finite(path, "counts", block)
        try:
            whole(path, "counts", block, _INT16.min + zero, _INT16.max + zero)
        except InputError as error:
            raise InputError(
                f"{error} (fractions are called microvolts or volts; zero_count is the count of 0)"
            ) from None
    if isinstance(counts, np.ndarray) and not zero:
        return counts.astype(np.int16)
    return counts


def _blocks(
    path: Path, name: str, counts: np.ndarray | Samples
) -> Iterator[tuple[int, np.ndarray]]:
    try:
        for start, _, _, block in blocks(counts):
            yield start, block
    except (OSError, RuntimeError):  # what h5py raises on damaged data
        raise InputError.at(path, name, expected="whole data", got="damaged data") from None


def _cuff(path: Path, arrays: Arrays) -> NerveCuff:
    sizes = _vector(arrays, "cuff", _shape("sizes", sizes=(4,)))
    finite(path, "cuff", sizes)
    whole(path, "cuff", sizes, 1, MAX_RECORDING_VALUES)
    rings, contacts, samples, classes = (int(size) for size in sizes)
    if rings < 3 or classes < 2:
        raise InputError.at(
            path,
            "cuff",
            expected="at least 3 rings and 2 classes",
            got=f"{rings} and {classes}",
        )
    return NerveCuff(rings, contacts, samples, classes)


def _stimuli(path: Path, arrays: Arrays, cuff: NerveCuff, seconds: float) -> dict[str, Any]:
    """Spans, classes and the classes' names; nothing where there are no stimuli."""
    there = [name for name in _STIMULI if name in arrays.names]
    if not there:
        return {
            "stimulus_spans": np.empty((0, 2)),
            "stimulus_classes": np.empty(0, np.int64),
        }
    if len(there) < len(_STIMULI):
        (missing,) = set(_STIMULI) - set(there)
        raise absent(path, missing, arrays.names)
    spans = _spans(path, arrays, seconds)
    texts, names = arrays.texts("stimulus_classes"), ()
    if "class_names" in arrays.names:
        names = arrays.texts("class_names")
        if names is None or len(distinct_names(path, "class_names", names)) != cuff.classes:
            raise InputError.at(
                path,
                "class_names",
                expected=f"{cuff.classes} different names, one for each class",
                got=shown(names),
            )
    if texts is None:
        classes = _vector(arrays, "stimulus_classes")
    else:
        heard = distinct_names(path, "stimulus_classes", texts)
        names = names or heard
        unknown = sorted(set(heard) - set(names))
        if unknown or len(names) > cuff.classes:
            raise InputError.at(
                path,
                "stimulus_classes",
                expected=f"names of {cuff.classes} classes"
                + (f", {shown(', '.join(names))}" if unknown else ""),
                got=shown(", ".join(unknown or names)),
            )
        classes = np.array([names.index(text) for text in texts], np.int64)
    classes = _numbered(path, "stimulus_classes", classes, cuff, len(spans), "stimuli")
    return {"stimulus_spans": spans, "stimulus_classes": classes, "class_names": names}


def _spans(path: Path, arrays: Arrays, seconds: float) -> np.ndarray:
    """Start and end of each stimulus, whichever way round the matrix lies."""
    spans = arrays.numbers("stimulus_spans", _shape("stimuli", "start and end")).astype(np.float64)
    turned = spans.shape[0] == 2 and (
        spans.shape[1] != 2 or ((np.diff(spans.ravel()) < 0).any()
                                and (np.diff(spans.T.ravel()) >= 0).all())
    )
    spans = spans.T if turned else spans
    if spans.shape[1] != 2:
        raise InputError.at(
            path,
            "stimulus_spans",
            expected=str(_shape("stimuli", "start and end", sizes=(None, 2))),
            got=f"shape {spans.shape}",
        )
    finite(path, "stimulus_spans", spans)
    _increasing(path, "stimulus_spans", spans.ravel(), seconds)
    return spans


def _vector(arrays: Arrays, name: str, shape: ArrayShape | None = None) -> np.ndarray:
    """A vector, which is a matrix of one row or column in MATLAB."""
    return arrays.numbers(name, shape or _shape("values")).ravel()


def _scalar(path: Path, arrays: Arrays, name: str) -> float:
    value = _vector(arrays, name, _NUMBER)
    finite(path, name, value)
    return float(value[0])


def _positive(path: Path, arrays: Arrays, name: str) -> float:
    value = _scalar(path, arrays, name)
    if not value > 0:
        raise InputError.at(path, name, expected="a number above 0", got=str(value))
    return value


def _numbered(
    path: Path, name: str, classes: np.ndarray, cuff: NerveCuff, number: int, of: str
) -> np.ndarray:
    finite(path, name, classes)
    whole(path, name, classes, 0, cuff.classes - 1)
    same_length(path, name, classes, number, of)
    return classes.astype(np.int64)


def _increasing(path: Path, name: str, seconds: np.ndarray, end: float) -> None:
    # A stimulus may begin where the one before it ends.
    if (np.diff(seconds) < 0).any() or seconds[0] < 0 or seconds[-1] > end:
        raise InputError.at(
            path,
            name,
            expected=f"seconds from 0 to {end:g} in order",
            got=f"{shown(seconds[:4].tolist())} to {seconds.max():g}",
        )
