"""``files.json``: which files of a folder are the build's own, so that no other is deleted."""

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["MANIFEST_FILE", "ForeignFiles", "check_made", "check_own", "write_manifest"]

MANIFEST_FILE = "files.json"

_FORMAT = 1
_MOST_BYTES = 2**24


class ForeignFiles(Exception):
    """A folder has files that the build in it did not make, or not as they are now.

    The message says so, and fits after "got".
    """


def write_manifest(folder: Path) -> None:
    """Write the size and the SHA-256 of each file in ``folder`` into its ``files.json``."""
    files = {
        name: {"bytes": path.stat().st_size, "sha256": _digest(path)}
        for name, path in sorted(_files(folder))
        if name != MANIFEST_FILE
    }
    text = json.dumps({"format": _FORMAT, "files": files}, indent=1)
    (folder / MANIFEST_FILE).write_text(text + "\n")


def check_own(folder: Path, *, besides: Path | None = None) -> None:
    """Check that each file in ``folder`` is as its ``files.json`` says, ``besides`` left out.

    A file that is no longer there is no fault.

    Raises
    ------
    ForeignFiles
        If one is not, or there is no ``files.json`` of ours.
    OSError
        If a folder or file cannot be read.
    """
    files = _read(folder / MANIFEST_FILE)
    foreign = sorted(
        (name, name in files)
        for name, path in _files(folder, besides)
        if name != MANIFEST_FILE and not _is_as_made(path, files.get(name))
    )
    if not foreign:
        return
    first, changed = foreign[0]
    text = f"{first}, which {'was changed' if changed else 'no build made'}"
    if len(foreign) > 1:
        text += f", and {len(foreign) - 1} more such files"
    raise ForeignFiles(text)


def check_made(folder: Path, names: Iterable[str]) -> None:
    """Check that files called ``names`` are in ``folder``, as its ``files.json`` says.

    Raises
    ------
    ForeignFiles
        If one is missing or is not, or there is no ``files.json`` of ours.
    OSError
        If a file cannot be read.
    """
    files = _read(folder / MANIFEST_FILE)
    for name in names:
        if name not in files:
            raise ForeignFiles(f"one that ended before {name} was made")
        if not os.path.lexists(folder / name):
            raise ForeignFiles(f"one whose {name} is gone")
        if not _is_as_made(folder / name, files[name]):
            raise ForeignFiles(f"{name}, which was changed")


def _files(folder: Path, besides: Path | None = None) -> Iterator[tuple[str, Path]]:
    """All that is not a folder, by its name within ``folder``; links are not followed."""

    def fail(error: OSError):
        raise error

    for root, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if Path(root, name) != besides]
        links = [name for name in folders if os.path.islink(os.path.join(root, name))]
        for name in (*names, *links):
            path = Path(root, name)
            yield path.relative_to(folder).as_posix(), path


def _read(path: Path) -> dict:
    try:
        if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > _MOST_BYTES:
            raise ValueError
        content = json.loads(path.read_bytes())
        if content["format"] != _FORMAT or not all(
            {*made} == {"bytes", "sha256"} for made in content["files"].values()
        ):
            raise ValueError
    except FileNotFoundError:
        raise ForeignFiles(f"no {MANIFEST_FILE}, which says what is the build's own") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ForeignFiles(f"{MANIFEST_FILE}, which was changed") from None
    return content["files"]


def _is_as_made(path: Path, made: dict | None) -> bool:
    if made is None:
        return False
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_size != made["bytes"]:
        return False
    return _digest(path) == made["sha256"]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
