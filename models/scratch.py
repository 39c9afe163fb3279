"""One folder for all temporary files of a command and of the tools that it runs."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from build_decoder.models.errors import InputError
from build_decoder.models.owned_folder import OwnedFolder, take_abandoned
from build_decoder.models.signals import held, on_end

__all__ = ["is_plain", "scratch_folder"]

_VARIABLE = "TMPDIR"
_PLACES = ("/tmp", "/var/tmp", "/usr/tmp")
_PLAIN = re.compile(r"[A-Za-z0-9_./+][A-Za-z0-9_./+-]*")
_PROBE = bytes(2**16)


def is_plain(path: Path | str) -> bool:
    """Whether `path` is spelled so that make, shells and compilers take it as it is."""
    return _PLAIN.fullmatch(str(path)) is not None


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder, which `TMPDIR` names for this process and its children; removed at the end.

    It is where temporary files usually are, or in another such place if they cannot be written
    there; a place with a plain name is taken first. Folders of killed processes are removed.

    Raises
    ------
    InputError
        If there is no place for it.
    """
    places = _places()
    prefix = f"build_decoder-{os.geteuid()}-"
    for place in places:
        for left in take_abandoned(place, prefix):
            _end_processes_in(left.path)
            left.remove()
    with held():
        folder = _make(places, prefix)
    before = os.environ.get(_VARIABLE), tempfile.tempdir
    try:
        with on_end(folder.remove):
            os.environ[_VARIABLE] = tempfile.tempdir = str(folder.path)
            yield folder.path
    finally:
        with held():
            folder.remove()
            variable, tempfile.tempdir = before
            if variable is None:
                os.environ.pop(_VARIABLE, None)
            else:
                os.environ[_VARIABLE] = variable


def _places() -> list[Path]:
    named = [os.environ[name] for name in (_VARIABLE, "TEMP", "TMP") if os.environ.get(name)]
    places = dict.fromkeys(Path(os.path.abspath(place)) for place in (*named, *_PLACES))
    return sorted(places, key=lambda place: not is_plain(place))


def _make(places: list[Path], prefix: str) -> OwnedFolder:
    failed = []
    for place in places:
        try:
            folder = OwnedFolder.make(place, prefix)
        except OSError as error:
            failed.append(f"{place}: {error.strerror}")
            continue
        try:
            probe = folder.path / "probe"
            probe.write_bytes(_PROBE)
            probe.unlink()
        except OSError as error:
            folder.remove()
            failed.append(f"{place}: {error.strerror}")
            continue
        return folder
    raise InputError.at(
        _VARIABLE, "", expected="a folder with room for temporary files", got="; ".join(failed)
    )


def _end_processes_in(scratch: Path) -> None:
    """End what a killed process has left running: its children have `TMPDIR` from it."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(_VARIABLE) == str(scratch):
                process.kill()
