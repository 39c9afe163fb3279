"""Full disks: told from other failures, also where it is a tool that ran out of room."""

import errno
import os
import re
import signal
import tempfile
from pathlib import Path

from build_decoder.models.errors import InputError

__all__ = ["WORKING_ROOM", "NoRoom", "is_no_room", "no_room", "require_room", "says_no_room"]

WORKING_ROOM = 2**22
"""Free bytes below which a tool that failed is taken to have failed for want of them."""

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SAID = re.compile("|".join(map(os.strerror, _NUMBERS)), re.IGNORECASE)
_ENDED = re.compile(
    rf"{signal.strsignal(signal.SIGXFSZ)}|(signal |status -){signal.SIGXFSZ:d}\b", re.IGNORECASE
)
_PROBE = bytes(2**16)


class NoRoom(InputError):
    """There is no room left where something is to be written."""


def is_no_room(error: OSError) -> bool:
    """Whether `error` is that of a full disk, of a quota, or of the largest size of a file."""
    return error.errno in _NUMBERS


def says_no_room(text: str) -> str | None:
    """The words of a full disk in what was printed by a tool, or of it; None without any."""
    if said := _SAID.search(text):
        return said.group()
    # The signal that ends what writes beyond the largest size of a file.
    return os.strerror(errno.EFBIG) if _ENDED.search(text) else None


def no_room(folder: Path | str, got: str) -> NoRoom:
    """The error that `folder` has no room."""
    return NoRoom.at(folder, "", expected="room for what is made", got=got)


def require_room(*folders: Path, least: int = 0) -> None:
    """Check that something can still be written into each of `folders`.

    Tools do not all tell when what they wrote was cut off, and then end as if it had worked.

    Parameters
    ----------
    least
        Free bytes that are asked for, which is to be said of a tool that failed: it has removed
        what it could not finish.

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
