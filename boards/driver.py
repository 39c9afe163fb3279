"""Host driver: runs a decoder on a board over its serial port.

    with connect("/dev/ttyUSB0", "build/ulx3s_85f-ahead_case1") as decoder:
        y = decoder.infer(x)

Needs NumPy and pySerial only. The build folder, or ``board`` in it, has ``driver.json``, which says
what the board runs. From the command line it runs golden data through a board and compares the
outputs with those of the integer model, which the build left in ``expected.npz``::

    python -m boards.driver --port /dev/ttyUSB0 --build build/... --golden golden.npz
"""

import argparse
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from boards.interface import EXPECTED_FILE, DecoderInterface, find_driver_file
from boards.protocol import PROTOCOL, Command, Info, Protocol, Reply, Status, element_bytes
from models.errors import InputError

try:
    from termios import error as _TerminalError
except ImportError:  # not on Windows
    _TerminalError = OSError

__all__ = ["Decoder", "LinkError", "LinkTimeout", "PortError", "connect", "main", "verify"]

# pySerial's own are OSErrors, but those of a lost terminal pass through it.
_PORT_ERRORS = (OSError, _TerminalError)
_DEFAULT_BAUD = 1_000_000
_SHOWN_MISMATCHES = 5


class LinkError(Exception):
    """There is no valid answer from the board. The message is one line."""


class LinkTimeout(LinkError):
    """The board did not answer in time."""


class PortError(LinkError):
    """The port itself failed, such as by being unplugged; the request is not repeated."""


class Decoder:
    """A decoder at the other end of a port.

    Parameters
    ----------
    port
        Object with ``write(bytes)`` and ``read(count)``; a read returns fewer bytes, or none, once
        its time-out is over. Where it has ``reset_input_buffer`` and ``close``, they are used.
    interface
        What the decoder is expected to be.
    protocol
        Protocol constants.
    quiet_seconds
        Pause before a request is repeated, in which the board drops half a request.
    """

    def __init__(
        self,
        port,
        interface: DecoderInterface,
        *,
        protocol: Protocol = PROTOCOL,
        quiet_seconds: float = 0.0,
    ):
        self.interface = interface
        self._port = port
        self._protocol = protocol
        self._quiet_seconds = quiet_seconds
        self._tag = 0

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """Close the port."""
        _on_port(getattr(self._port, "close", lambda: None))

    def info(self) -> Info:
        """What the board says of its decoder.

        Raises
        ------
        LinkTimeout, LinkError
            If there is no valid reply to two requests.
        """
        return Info.unpack(self._call(Command.INFO, b"", Info.LAYOUT.size))

    def check(self) -> None:
        """Make sure that the board runs the expected decoder.

        Raises
        ------
        LinkError
            If it runs another one, or speaks another version of the protocol.
        LinkTimeout
            If it does not answer.
        """
        expected, actual = Info.of(self.interface), self.info()
        if actual.version != expected.version:
            raise LinkError(
                f"expected protocol version {expected.version} on the board, got {actual.version}"
            )
        if actual != expected:
            raise LinkError(
                f"expected decoder {self.interface.name!r} ({_described(expected)}) on the board, "
                f"got {_described(actual)}: was another bitstream loaded?"
            )

    def infer(self, x) -> np.ndarray:
        """Real outputs (samples, outputs) of real inputs (samples, inputs), or of one sample.

        Inputs are quantised to the decoder's input format: rounded half up and saturated.

        Raises
        ------
        InputError
            If the shape is wrong or a value is no finite number.
        LinkTimeout, LinkError
            As of `infer_raw`.
        """
        raw = self.infer_raw(self.quantise(x))
        return self.interface.output_format.to_real(raw)

    def quantise(self, x) -> np.ndarray:
        """Raw int64 inputs of real ones, in the same shape; see `infer`, also for errors."""
        try:
            x = np.asarray(x, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"inputs: expected real numbers: {error}") from None
        finite = np.isfinite(x)
        if not finite.all():
            raise InputError(
                f"inputs: expected finite numbers, got {np.count_nonzero(~finite)} of {x.size} "
                f"that are not, such as {x[~finite][0]}"
            )
        self._check_shape(x)
        return self.interface.input_format.quantise(x)

    def infer_raw(self, x_raw) -> np.ndarray:
        """Raw int64 outputs (samples, outputs) of raw inputs (samples, inputs), or of one sample.

        Raises
        ------
        InputError
            If the shape is wrong, or values are not integers or do not fit the input format.
        LinkTimeout, LinkError
            If there is no valid reply to two requests.
        """
        interface = self.interface
        x_raw = np.asarray(x_raw)
        self._check_shape(x_raw)
        if not np.issubdtype(x_raw.dtype, np.integer):
            raise InputError(f"inputs: expected raw integers, got an array of {x_raw.dtype}")
        format = interface.input_format
        if x_raw.size and (x_raw.min() < format.min_raw or x_raw.max() > format.max_raw):
            raise InputError(
                f"inputs: expected raw values of {format.min_raw} to {format.max_raw} ({format}), "
                f"got {x_raw.min()} to {x_raw.max()}"
            )
        rows = [self._infer_frame(frame) for frame in np.atleast_2d(x_raw)]
        y_raw = np.array(rows, dtype=np.int64).reshape(-1, interface.output_count)
        return y_raw[0] if x_raw.ndim == 1 else y_raw

    def _check_shape(self, x: np.ndarray) -> None:
        count = self.interface.input_count
        if x.ndim not in (1, 2) or x.shape[-1] != count:
            raise InputError(f"inputs: expected shape (samples, {count}), got {x.shape}")

    def _infer_frame(self, frame: np.ndarray) -> np.ndarray:
        format = self.interface.output_format
        payload = self._protocol.pack_values(frame, self.interface.input_format)
        size = self.interface.output_count * element_bytes(format)
        return self._protocol.unpack_values(self._call(Command.INFER, payload, size), format)

    def _call(self, command: Command, payload: bytes, reply_size: int) -> bytes:
        try:
            return self._call_once(command, payload, reply_size)
        except PortError:
            raise
        except LinkError:
            time.sleep(self._quiet_seconds)
            _on_port(getattr(self._port, "reset_input_buffer", lambda: None))
            return self._call_once(command, payload, reply_size)

    def _call_once(self, command: Command, payload: bytes, reply_size: int) -> bytes:
        self._tag = (self._tag + 1) % 256
        request = self._protocol.request(command, tag=self._tag, payload=payload)
        _on_port(self._port.write, request)
        reply = self._read_reply()
        while reply.command == command and reply.tag != self._tag:
            reply = self._read_reply()  # late, to a request that was given up
        if reply.status != Status.OK:
            names = {status.value: status.name for status in Status}
            raise LinkError(
                f"board refused {command.name}: {names.get(reply.status, reply.status)}"
            )
        if reply.command != command or len(reply.payload) != reply_size:
            raise LinkError(
                f"expected a reply to {command.name} with {reply_size} bytes, got command "
                f"{reply.command} with {len(reply.payload)} bytes"
            )
        return reply.payload

    def _read_reply(self) -> Reply:
        protocol = self._protocol
        while self._read(1)[0] != protocol.reply_sync:
            pass
        header = self._read(protocol.REPLY_HEADER.size)
        command, tag, status, length = protocol.REPLY_HEADER.unpack(header)
        payload = self._read(length)
        received = int.from_bytes(self._read(protocol.CRC_BYTES), "big")
        expected = protocol.crc(header + payload)
        if received != expected:
            raise LinkError(f"expected CRC {expected:#06x} in a reply, got {received:#06x}")
        return Reply(command, tag, status, payload)

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = _on_port(self._port.read, count - len(data))
            if not more:
                raise LinkTimeout(
                    f"no reply: expected {count} more bytes from the board, got {len(data)}"
                )
            data += more
        return data


def _on_port(call: Callable, *arguments):
    try:
        return call(*arguments)
    except _PORT_ERRORS as error:
        raise PortError(f"port: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _described(info: Info) -> str:
    return (
        f"{info.input_count} x {info.input_format} -> {info.output_count} x {info.output_format}, "
        f"fingerprint {info.fingerprint:08x}"
    )


def connect(port, build_or_model, *, baud: int | None = None, timeout: float = 1.0) -> Decoder:
    """Open a decoder, and make sure through INFO that it is the right one.

    Parameters
    ----------
    port
        Name of a serial port, or any object that `Decoder` takes.
    build_or_model
        Build folder, its folder ``board``, the ``driver.json`` there, or an integer model.
    baud
        Rate of the port, bits a second; from ``driver.json`` unless given.
    timeout
        Seconds without a byte after which a reply is given up.

    Raises
    ------
    InputError
        If ``driver.json`` or the port cannot be opened.
    LinkTimeout, LinkError
        If the board does not answer, or runs another decoder.
    """
    if isinstance(build_or_model, (str, Path)):
        interface, more = DecoderInterface.load(build_or_model)
    else:
        interface, more = DecoderInterface.of(build_or_model), {}
    baud = baud or more.get("baud", _DEFAULT_BAUD)
    if isinstance(port, str):
        port = _open(port, baud, timeout)
    quiet = 2 * PROTOCOL.idle_byte_times * 10 / baud
    decoder = Decoder(port, interface, quiet_seconds=quiet)
    try:
        decoder.check()
    except BaseException:
        decoder.close()
        raise
    return decoder


def _open(name: str, baud: int, timeout: float):
    import serial

    try:
        return serial.Serial(name, baud, timeout=timeout, write_timeout=timeout)
    except (*_PORT_ERRORS, ValueError) as error:
        raise InputError(f"{name}: expected a serial port: {_one_line(error)}") from error


def _arrays(path: Path, *names: str) -> list[np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [archive[name] for name in names]
    except KeyError as error:
        raise InputError(f"{path}: expected arrays {', '.join(names)}: {error.args[0]}") from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: expected an .npz file: {_one_line(error)}") from error


def _expected_outputs(build: Path, golden: Path, x_raw: np.ndarray) -> np.ndarray:
    """Raw outputs (samples, outputs) that the build expects of ``x_raw`` (samples, inputs)."""
    path = find_driver_file(build).resolve().parents[1] / EXPECTED_FILE
    known_x, known_y = (a.astype(np.int64) for a in _arrays(path, "x_raw", "y_raw"))
    known = {x.tobytes(): y for x, y in zip(known_x, known_y, strict=True)}
    found = [known.get(x.tobytes()) for x in x_raw]
    missing = sum(y is None for y in found)
    if missing or not found:
        raise InputError(
            f"{golden}: expected samples that {path} has outputs for, got {missing} others of "
            f"{len(found)}"
        )
    return np.array(found)


def verify(decoder: Decoder, build: Path, golden: Path) -> int:
    """Run golden data through the board, print what came, and return how many samples differ."""
    (x,) = _arrays(golden, "x")
    x_raw = np.atleast_2d(decoder.quantise(x))
    expected = _expected_outputs(build, golden, x_raw)
    start = time.monotonic()
    y_raw = decoder.infer_raw(x_raw)
    seconds = time.monotonic() - start
    differing = np.flatnonzero((y_raw != expected).any(axis=1))
    for sample in differing[:_SHOWN_MISMATCHES]:
        print(f"sample {sample}: expected {expected[sample]}, got {y_raw[sample]}")
    print(
        f"{decoder.interface.name}: {len(x_raw)} samples, {len(differing)} mismatches, "
        f"{seconds / len(x_raw) * 1e3:.2f} ms a sample over the link"
    )
    return len(differing)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status: 0 equal, 2 bad input or link, 4 outputs differ."""
    parser = argparse.ArgumentParser(prog="python -m boards.driver", description=main.__doc__)
    parser.add_argument("--port", required=True, help="such as /dev/ttyUSB0")
    parser.add_argument("--build", required=True, type=Path, help="build folder")
    parser.add_argument("--golden", required=True, type=Path, help="inputs x in an .npz file")
    options = parser.parse_args(arguments)
    try:
        with connect(options.port, options.build) as decoder:
            return 4 if verify(decoder, options.build, options.golden) else 0
    except (InputError, LinkError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
