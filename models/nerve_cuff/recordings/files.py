"""Recordings in ``.npz`` and MATLAB's ``.mat``.

Both hold arrays of the same names:

- ``counts``, whole numbers, with ``microvolts_per_count`` and, if it is not 0, ``zero_count``;
  or ``microvolts`` or ``volts``. (samples, channels) or (channels, samples), ring by ring.
- ``rate``, samples a second, and ``cuff``: rings, contacts of a ring, samples of a signature,
  classes.
- ``stimulus_spans``, seconds, (stimuli, 2), and ``stimulus_classes``, numbers from 0 or names;
  both are left out where nCAPs are but searched for. ``class_names`` gives the names an order.
- ``event_times``, ``event_classes`` and ``event_snr_db`` where nCAPs are known.
"""

from pathlib import Path

import numpy as np
from scipy import io

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.paths import require_file
from build_decoder.models.nerve_cuff.recordings.arrays import Arrays
from build_decoder.models.nerve_cuff.recordings.fields import recording_of
from build_decoder.models.nerve_cuff.recordings.mat_arrays import MatArrays
from build_decoder.models.nerve_cuff.recordings.npz_arrays import NpzArrays
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["read_recording", "save_recording"]

_EVENTS = ("event_times", "event_classes", "event_snr_db")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_USER_BLOCK = 512  # bytes that MATLAB puts before it


def save_recording(recording: Recording, path: Path) -> None:
    """Write `recording` to a file that ends in ``.npz`` or ``.mat`` (version 5)."""
    cuff = recording.cuff
    counts = np.asarray(recording.counts)
    if counts.dtype.kind == "f":
        arrays = {"microvolts": counts * counts.dtype.type(recording.microvolts_per_count)}
    else:
        arrays = {
            "counts": counts,
            "microvolts_per_count": np.array([recording.microvolts_per_count]),
        }
        if recording.zero_count:
            arrays["zero_count"] = np.array([recording.zero_count])
    arrays |= {
        "rate": np.array([recording.rate]),
        "cuff": np.array([cuff.rings, cuff.contacts, cuff.samples, cuff.classes]),
    }
    if len(recording.stimulus_spans):
        arrays |= {
            "stimulus_spans": recording.stimulus_spans,
            "stimulus_classes": recording.stimulus_classes,
        }
    if recording.class_names:
        arrays["class_names"] = np.array(recording.class_names)
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

    Signals of more than `arrays.IN_MEMORY` values stay in the file (`Recording.counts`).

    Raises
    ------
    InputError
        The file is missing, damaged or of another kind, or an array is missing, of another shape
        or holds values that make no sense.
    """
    if path.suffix not in (".npz", ".mat"):
        raise _wrong_suffix(path)
    require_file(path)
    return recording_of(path, _arrays(path))


def _arrays(path: Path) -> Arrays:
    if path.suffix == ".npz":
        return NpzArrays(path)
    with path.open("rb") as stream:
        begin = stream.read(_USER_BLOCK + len(_HDF5))
    if _HDF5 not in (begin[: len(_HDF5)], begin[_USER_BLOCK:]):
        return MatArrays(path)
    try:
        from build_decoder.models.nerve_cuff.recordings.hdf_arrays import HdfArrays
    except ImportError:
        raise InputError.at(
            path, "", expected="h5py (pip install build_decoder[train])", got="a Python without it"
        ) from None
    return HdfArrays(path)


def _wrong_suffix(path: Path) -> InputError:
    return InputError.at(path, "", expected="FILE.npz or FILE.mat", got=shown(path.name))
