"""Opens a decoder and makes sure that it is the right one."""

import contextlib
import numbers
import os

from build_decoder.boards.driver.decoder import DEFAULT_BAUD, Decoder
from build_decoder.boards.driver.errors import PortError
from build_decoder.boards.driver.serial_port import open_serial
from build_decoder.boards.driver_file import LEAST_BAUD, MAX_BAUD, DriverFile, find_driver_file
from build_decoder.boards.protocol import check_frame
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError, shown

__all__ = ["connect"]

_SHELL = "uart"
_MAX_TIMEOUT = 3600.0


def connect(port, build_or_model, *, baud: int | None = None, timeout: float = 1.0) -> Decoder:
    """Open a decoder, and make sure through INFO that it is the right one.

    The states of a continuous decoder are zero then.

    A request, this one included, takes at most twice the time of its bytes on the line, of the
    decoder and of ``timeout``, and a pause of 8,192 byte times, whatever the port sends.

    Parameters
    ----------
    port
        Name of a serial port, which is locked, or any object that `Decoder` takes.
    build_or_model
        Build folder, its folder ``board``, the ``driver.json`` there, or an integer model.
    baud
        Rate of the port, bits a second; from ``driver.json`` unless given.
    timeout
        Seconds that a reply may take beyond those of the line and of the decoder.

    Raises
    ------
    InputError
        If ``driver.json`` or the port cannot be opened, or an argument makes no sense.
    LinkTimeout, LinkError
        If the board does not answer.
    DeviceError
        If it runs another decoder.
    """
    if isinstance(build_or_model, (str, os.PathLike)):
        known = DriverFile.load(build_or_model)
        if known.shell not in (None, _SHELL):
            raise InputError.at(
                find_driver_file(build_or_model), "shell", expected="the build of a UART",
                got=f"one with shell {known.shell}",
            )
    elif callable(getattr(build_or_model, "fingerprint", None)):
        known = DriverFile(interface=Interface.of_model(build_or_model))
    else:
        raise InputError(
            f"connect: expected a build folder or an integer model, got {shown(build_or_model)}"
        )
    baud = _checked_baud((known.baud or DEFAULT_BAUD) if baud is None else baud)
    timeout = _checked_timeout(timeout)
    check_frame(known.interface)  # before the port is touched
    if isinstance(port, (str, os.PathLike)):
        port = open_serial(os.fspath(port), baud)
    elif not (hasattr(port, "read") and hasattr(port, "write")):
        raise InputError(
            f"port: expected a name, or an object that reads and writes, got {shown(port)}"
        )
    decoder = Decoder(
        port,
        known.interface,
        baud=baud,
        decoder_seconds=known.latency_seconds,
        timeout=timeout,
    )
    try:
        decoder.check()
        if known.interface.continuous:
            decoder.reset()
    except BaseException:
        with contextlib.suppress(PortError):
            decoder.close()
        raise
    return decoder


def _checked_baud(baud) -> int:
    whole = isinstance(baud, numbers.Integral) and not isinstance(baud, bool)
    if not whole or not LEAST_BAUD <= baud <= MAX_BAUD:
        raise InputError(
            f"baud: expected a whole number from {LEAST_BAUD} to {MAX_BAUD}, got {shown(baud)}"
        )
    return int(baud)


def _checked_timeout(timeout) -> float:
    real = isinstance(timeout, numbers.Real) and not isinstance(timeout, bool)
    if not real or not 0 < timeout <= _MAX_TIMEOUT:
        raise InputError(
            f"timeout: expected seconds above 0 and up to {_MAX_TIMEOUT:g}, got {shown(timeout)}"
        )
    return float(timeout)
