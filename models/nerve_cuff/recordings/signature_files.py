"""Signatures in ``.npz``: what was cut, and where it comes from."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

from build_decoder.models.command import say
from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.atomic_file import write_atomically
from build_decoder.models.files.numpy_file import npz_keys, read_npz, read_npz_text
from build_decoder.models.files.paths import require_file
from build_decoder.models.limits import MAX_RECORDING_VALUES, MAX_WIDTH
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.recordings.fields import finite, same_length, whole
from build_decoder.models.nerve_cuff.recordings.gain import WINDOW, gain_number, numbered_gain
from build_decoder.models.nerve_cuff.recordings.provenance import Provenance
from build_decoder.models.nerve_cuff.recordings.signatures import Signatures

__all__ = [
    "read_provenance",
    "read_signatures",
    "save_signatures",
    "say_overridden",
    "write_signatures",
]

_MOST_TEXT = 2**20  # characters of the provenance


def _shape(*axes: str) -> ArrayShape:
    return ArrayShape((None,) * len(axes), axes, MAX_RECORDING_VALUES)


_ARRAYS = {
    "spatial": _shape("signatures", "channels", "samples"),
    "labels": _shape("signatures"),
    "peaks": _shape("signatures"),
}


def save_signatures(signatures: Signatures, path: Path) -> None:
    """Write `signatures` to an ``.npz`` file; the same signatures give the same bytes."""
    write_signatures(signatures, [signatures.spatial], path, lambda: signatures)


def write_signatures(
    described: Signatures,
    parts: Iterable[np.ndarray],
    path: Path,
    describe: Callable[[], Signatures],
) -> tuple[str, Signatures]:
    """Write signatures that come a part at a time.

    Parameters
    ----------
    described:
        Its ``labels``, and the type of its ``spatial`` and its shape after the first axis, count.
    parts:
        Signatures, (signatures, channels, samples), as many in all as there are labels.
    describe:
        Gives, after the last part, everything but ``spatial`` that is written. Nothing is left
        of the file where it raises.

    Returns
    -------
    SHA-256 of what was cut, and what `describe` gave.
    """
    if path.suffix != ".npz":
        raise InputError.at(path, "", expected="a name that ends in .npz", got=shown(path.name))
    digest = hashlib.sha256()
    shape = (len(described.labels), *described.spatial.shape[1:])
    dtype = described.spatial.dtype
    with write_atomically(path) as stream, zipfile.ZipFile(stream, "w") as archive:
        with archive.open(_member("spatial"), "w", force_zip64=True) as member:
            header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            npy_format.write_array_header_1_0(member, header)
            for part in parts:
                data = np.ascontiguousarray(part, dtype).data.cast("B")
                member.write(data)
                digest.update(data)
        made = describe()
        for name, array in _described(made):
            with archive.open(_member(name), "w", force_zip64=True) as member:
                npy_format.write_array(member, array)
            if name in _ARRAYS:
                digest.update(np.ascontiguousarray(array))
    return digest.hexdigest(), made


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(f"{name}.npy")  # of 1980, whenever it is written


def _described(signatures: Signatures) -> Iterable[tuple[str, np.ndarray]]:
    yield "labels", signatures.labels
    yield "peaks", signatures.peaks
    if cuff := signatures.cuff:
        yield "cuff", np.array([cuff.rings, cuff.contacts, cuff.samples, cuff.classes])
    if len(signatures.noise):
        yield "noise", signatures.noise
    if signatures.gain != WINDOW:
        yield "gain", np.array([gain_number(signatures.gain)])
    if signatures.provenance is not None:
        yield "provenance", np.array(signatures.provenance.as_json())


def read_signatures(path: Path) -> Signatures:
    """The signatures in an ``.npz`` file; `InputError` where it holds something else."""
    require_file(path)
    keys = npz_keys(path)
    arrays = {name: read_npz(path, name, _ARRAYS[name], where=name) for name in _ARRAYS}
    number = len(arrays["spatial"])
    for name, most in (("labels", MAX_WIDTH - 1), ("peaks", MAX_RECORDING_VALUES)):
        arrays[name] = whole(path, name, arrays[name].ravel(), 0, most).astype(np.int64)
        same_length(path, name, arrays[name], number, "signatures")
    finite(path, "spatial", arrays["spatial"])
    arrays["spatial"] = arrays["spatial"].astype(np.float32, copy=False)
    more = {}
    if "cuff" in keys:
        more["cuff"] = _cuff(path, arrays)
    if "noise" in keys:
        noise = read_npz(path, "noise", _shape("windows", "channels", "samples"), where="noise")
        finite(path, "noise", noise)
        more["noise"] = noise.astype(np.float32, copy=False)
    if "gain" in keys:
        number = read_npz(path, "gain", ArrayShape((1,), ("value",), 1), where="gain")
        try:
            more["gain"] = numbered_gain(number[0])
        except ValueError as error:
            raise InputError(f"{path}: gain: {error}") from None
    return Signatures(**arrays, **more, provenance=read_provenance(path))


def read_provenance(path: Path) -> Provenance | None:
    """What the file says of where its signatures come from; None where it says nothing."""
    if "provenance" not in npz_keys(path):
        return None
    try:
        return Provenance.from_json(read_npz_text(path, "provenance", characters=_MOST_TEXT))
    except ValueError:
        raise InputError.at(
            path, "provenance", expected="JSON of sources, band and lines", got="something else"
        ) from None


def read_peaks(path: Path) -> np.ndarray:
    """Sample of its recording at which each signature is, int64; none where it is not said."""
    if "peaks" not in npz_keys(path):
        return np.empty(0, np.int64)
    peaks = read_npz(path, "peaks", _ARRAYS["peaks"], where="peaks").ravel()
    return whole(path, "peaks", peaks, 0, MAX_RECORDING_VALUES).astype(np.int64)


def say_overridden(path: Path, provenance: Provenance | None) -> None:
    """Say on standard error what was passed over when the signatures were cut."""
    for line in provenance.overridden if provenance else ():
        say(f"{path}: warning: cut with --force over: {line}")


def _cuff(path: Path, arrays: dict[str, np.ndarray]) -> NerveCuff:
    sizes = read_npz(path, "cuff", ArrayShape((4,), ("sizes",), 4), where="cuff").ravel()
    finite(path, "cuff", sizes)
    whole(path, "cuff", sizes, 1, MAX_RECORDING_VALUES)
    rings, contacts, samples, classes = (int(size) for size in sizes)
    channels, length = arrays["spatial"].shape[1:]
    labels = arrays["labels"]
    if (rings * contacts, samples) != (channels, length) or classes <= max(1, labels.max()):
        raise InputError.at(
            path,
            "cuff",
            expected=f"{channels} contacts, {length} samples and classes above {labels.max()}",
            got=f"{rings} x {contacts}, {samples} and {classes}",
        )
    return NerveCuff(rings, contacts, samples, classes)
