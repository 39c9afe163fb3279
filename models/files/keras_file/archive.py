"""Unpacks a ``.keras`` file without trusting it, and packs what was checked for Keras to open.

It is a zip of ``config.json``, ``metadata.json``, ``model.weights.h5`` and, for layers that are not
read here, ``assets/``. Sizes are checked before memory is taken, and nothing more than they say is
unpacked.
"""

import json
import mmap
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.json_file import parse_json
from build_decoder.models.limits import (
    MAX_JSON_BYTES,
    MAX_KERAS_BYTES,
    MAX_KERAS_EXPANSION,
    MAX_KERAS_MEMBERS,
)

__all__ = ["KerasArchive", "pack", "unpack"]

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_ENTRY = b"PK\x01\x02"  # starts a member's entry in a zip's directory
_EXPANSION_FLOOR = 2**20  # a smaller member may be packed as tightly as it likes
# What the standard library raises on damaged, encrypted or truncated files.
_READ_ERRORS = (ValueError, OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile)


@dataclass(frozen=True)
class KerasArchive:
    """The parts of a ``.keras`` file.

    Parameters
    ----------
    config:
        The decoded ``config.json``: the model's layers and their settings.
    weights:
        ``model.weights.h5``, as it stands.
    """

    config: Any
    weights: bytes


def unpack(path: Path) -> KerasArchive:
    """The parts of a ``.keras`` file; `InputError` where it is none, or larger than any decoder."""
    try:
        size = path.stat().st_size
        if size > MAX_KERAS_BYTES:
            raise _error(path, "", f"at most {MAX_KERAS_BYTES} bytes", str(size))
        _check_count(path)
        with zipfile.ZipFile(path) as archive:
            members = _members(path, archive)
            metadata = b"{}"
            if _METADATA in members:
                metadata = _read(path, archive, members[_METADATA], MAX_JSON_BYTES)
            _check_version(path, parse_json(metadata, path, _METADATA))
            for name in (_CONFIG, _WEIGHTS):
                if name not in members:
                    raise _error(path, "", f"a Keras model: a zip with {name}", "one without it")
            config = _read(path, archive, members[_CONFIG], MAX_JSON_BYTES)
            weights = _read(path, archive, members[_WEIGHTS], MAX_KERAS_BYTES)
    except _READ_ERRORS:
        raise _error(
            path, "", "a Keras model, as model.save() writes it", "a damaged file or another kind"
        ) from None
    return KerasArchive(parse_json(config, path, _CONFIG), weights)


def pack(config: Any, weights: bytes, path: Path) -> None:
    """Write a ``.keras`` file of these parts."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_METADATA, "{}")
        archive.writestr(_CONFIG, json.dumps(config))
        archive.writestr(_WEIGHTS, weights)


def _check_count(path: Path) -> None:
    """Refuse a zip of many members, before the memory for its directory is taken."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        position = -1
        for _ in range(MAX_KERAS_MEMBERS + 1):
            position = data.find(_ENTRY, position + 1)
            if position < 0:
                return
    raise _error(path, "", f"at most {MAX_KERAS_MEMBERS} files in it", "more")


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename in members:
            raise _error(path, "", "each file once", f"{shown(info.filename)} twice")
        if info.file_size > max(_EXPANSION_FLOOR, MAX_KERAS_EXPANSION * info.compress_size):
            raise _error(
                path,
                shown(info.filename),
                f"at most {MAX_KERAS_EXPANSION} bytes for each byte packed",
                f"{info.file_size} bytes packed into {info.compress_size}",
            )
        members[info.filename] = info
    total = sum(info.file_size for info in members.values())
    if total > MAX_KERAS_BYTES:
        raise _error(path, "", f"at most {MAX_KERAS_BYTES} bytes unpacked", str(total))
    return members


def _read(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of a member: as many as its entry says, whatever is packed there."""
    if info.file_size > limit:
        raise _error(path, info.filename, f"at most {limit} bytes", str(info.file_size))
    # Other ways of packing are unpacked without a bound by the standard library.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _error(path, info.filename, "a stored or deflated file", "another way of packing")
    with archive.open(info) as stream:
        data = stream.read(info.file_size)
        more = stream.read(1)  # also compares the checksum
    if len(data) != info.file_size or more:
        raise _error(path, info.filename, f"{info.file_size} bytes", "more or fewer")
    return data


def _check_version(path: Path, metadata: Any) -> None:
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    if isinstance(version, str) and version.startswith(("0.", "1.", "2.")):
        raise _error(
            path,
            "",
            "a model saved by Keras 3",
            f"one saved by Keras {version[:20]}: read it there, give its get_weights() to "
            "set_weights() of the same model made with Keras 3, and save that",
        )


def _error(path: Path, where: str, expected: str, got: str) -> InputError:
    return InputError.at(path, where, expected=expected, got=got)
