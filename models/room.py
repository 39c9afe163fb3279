"""Tells full disks from other failures, also when a tool has run out of room."""

import errno
import os
import re
import signal
import tempfile
from pathlib import Path

from build_decoder.models.errors import InputError

__all__ = ["WORKING_ROOM", "NoRoom", "is_no_room", "no_room", "require_room", "says_no_room"]

WORKING_ROOM = 2**22
"""If fewer bytes are free after a tool has failed, the full disk is taken for the cause."""

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SAID = re.compile("|".join(map(os.strerror, _NUMBERS)), re.IGNORECASE)
_ENDED = re.compile(
    rf"{signal.strsignal(signal.SIGXFSZ)}|(signal |status -){signal.SIGXFSZ:d}\b", re.IGNORECASE
)
_PROBE = bytes(2**16)


class NoRoom(InputError):
    """There is no room left where something is to be written."""


def is_no_room(error: OSError) -> bool:
    """Whether `error` says that a disk, a quota or a file has no more room."""
    return error.errno in _NUMBERS


def says_no_room(text: str) -> str | None:
    """The part of `text` that tells of a full disk; None if there is none.

    `text` is a tool's output, or tells how the tool ended.
    """
    if said := _SAID.search(text):
        return said.group()
    # The signal that ends what writes beyond the largest size of a file.
    return os.strerror(errno.EFBIG) if _ENDED.search(text) else None


def no_room(folder: Path | str, got: str) -> NoRoom:
    """The error to raise if `folder` has no room; `got` says what the system said."""
    return NoRoom.at(folder, "", expected="room for what is made", got=got)


def require_room(*folders: Path, least: int = 0) -> None:
    """Check that something can still be written into each of `folders`.

    Some tools end without an error although the disk was full and their files are cut off.

    Parameters
    ----------
    least
        Bytes that must be free. Give `WORKING_ROOM` after a tool has failed: it may have removed
        its unfinished files, so that a small probe alone would find room.

    Raises
    ------
    NoRoom
        If it cannot, or there is less.
    """
    for folder in folders:
        system = os.statvfs(folder)
        if system.f_blocks and system.f_bavail * system.f_frsize < least:
            raise no_room(folder, os.strerror(errno.ENOSPC))
        try:
            with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
                probe.write(_PROBE)
                os.fsync(probe.fileno())
        except OSError as error:
            if is_no_room(error):
                raise no_room(folder, error.strerror) from None
