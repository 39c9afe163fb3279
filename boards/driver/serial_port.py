"""Opens a serial port for one decoder alone."""

import errno
import os
import stat

from build_decoder.boards.driver.port_errors import PORT_ERRORS, one_line
from build_decoder.models.errors import InputError

__all__ = ["open_serial"]

_IN_USE = (errno.EAGAIN, errno.EBUSY)  # locked by flock, by TIOCEXCL
_KINDS = ((stat.S_ISREG, "a file"), (stat.S_ISDIR, "a folder"), (stat.S_ISBLK, "a block device"))


def open_serial(name: str, baud: int):
    """pySerial's port of that name, 8N1, locked against other programs that lock theirs.

    Raises
    ------
    InputError
        If there is none, it is in use, or it does not take the rate.
    """
    import serial

    try:
        return serial.Serial(name, baud, exclusive=True)
    except (*PORT_ERRORS, ValueError, OverflowError) as error:
        expected, got = f"a serial port at {baud} baud", _kind(name) or one_line(error)
        if getattr(error, "errno", None) in _IN_USE:
            expected, got = "a port that no other program uses", f"one in use: {one_line(error)}"
        raise InputError.at(f"port {name}", "", expected=expected, got=got) from error


def _kind(name: str) -> str | None:
    """What of that name is there, if it can be no serial port."""
    try:
        mode = os.stat(name).st_mode
    except (OSError, ValueError):
        return None
    return next((kind for is_kind, kind in _KINDS if is_kind(mode)), None)
