"""Host driver: runs a decoder on a board over its serial port.

    with connect("/dev/ttyUSB0", "build/ulx3s_85f-ahead_case1") as decoder:
        y = decoder.infer(x)

Needs NumPy and pySerial only. From the command line it runs golden data through a board and
compares the outputs with those of the integer model, which the build left in ``expected.npz``::

    python -m boards.driver --port /dev/ttyUSB0 --build build/... --golden golden.npz
"""

import argparse
import sys
import time
import zipfile
from pathlib import Path

import numpy as np

from boards.interface import DecoderInterface
from boards.protocol import PROTOCOL, Command, Info, Protocol, Reply, Status, element_bytes
from models.errors import InputError

__all__ = ["EXPECTED_FILE", "Decoder", "LinkError", "LinkTimeout", "connect", "main", "verify"]

EXPECTED_FILE = "expected.npz"
"""File of a build folder with the integer model's ``x_raw`` and ``y_raw`` of the golden data."""

_DEFAULT_BAUD = 1_000_000
_SHOWN_MISMATCHES = 5


class LinkError(Exception):
    """The board answered, but not as the protocol has it."""


class LinkTimeout(LinkError):
    """The board did not answer in time."""


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
        getattr(self._port, "close", lambda: None)()

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
        """
        raw = self.infer_raw(self.interface.input_format.quantise(x))
        return self.interface.output_format.to_real(raw)

    def infer_raw(self, x_raw) -> np.ndarray:
        """Raw int64 outputs (samples, outputs) of raw inputs (samples, inputs), or of one sample.

        Raises
        ------
        InputError
            If the shape is wrong or a value does not fit the input format.
        LinkTimeout, LinkError
            If there is no valid reply to two requests.
        """
        interface = self.interface
        x_raw = np.asarray(x_raw)
        if x_raw.ndim not in (1, 2) or x_raw.shape[-1] != interface.input_count:
            raise InputError(
                f"inputs: expected shape (samples, {interface.input_count}), got {x_raw.shape}"
            )
        format = interface.input_format
        if x_raw.size and (x_raw.min() < format.min_raw or x_raw.max() > format.max_raw):
            raise InputError(
                f"inputs: expected raw values of {format.min_raw} to {format.max_raw} ({format}), "
                f"got {x_raw.min()} to {x_raw.max()}"
            )
        rows = [self._infer_frame(frame) for frame in np.atleast_2d(x_raw)]
        y_raw = np.array(rows, dtype=np.int64).reshape(-1, interface.output_count)
        return y_raw[0] if x_raw.ndim == 1 else y_raw

    def _infer_frame(self, frame: np.ndarray) -> np.ndarray:
        format = self.interface.output_format
        payload = self._protocol.pack_values(frame, self.interface.input_format)
        size = self.interface.output_count * element_bytes(format)
        return self._protocol.unpack_values(self._call(Command.INFER, payload, size), format)

    def _call(self, command: Command, payload: bytes, reply_size: int) -> bytes:
        try:
            return self._call_once(command, payload, reply_size)
        except LinkError:
            time.sleep(self._quiet_seconds)
            getattr(self._port, "reset_input_buffer", lambda: None)()
            return self._call_once(command, payload, reply_size)

    def _call_once(self, command: Command, payload: bytes, reply_size: int) -> bytes:
        self._tag = (self._tag + 1) % 256
        self._port.write(self._protocol.request(command, tag=self._tag, payload=payload))
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
            more = self._port.read(count - len(data))
            if not more:
                raise LinkTimeout(
                    f"no reply: expected {count} more bytes from the board, got {len(data)}"
                )
            data += more
        return data


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
        Build folder, its ``driver.json``, or an integer model.
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
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise InputError(f"{name}: expected a serial port: {error}") from error


def _arrays(path: Path, *names: str) -> list[np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [archive[name] for name in names]
    except KeyError as error:
        raise InputError(f"{path}: expected arrays {', '.join(names)}: {error.args[0]}") from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        detail = " ".join(str(error).split())
        raise InputError(f"{path}: expected an .npz file: {detail}") from error


def _expected_outputs(build: Path, golden: Path, x_raw: np.ndarray) -> np.ndarray:
    """Raw outputs (samples, outputs) that the build expects of ``x_raw`` (samples, inputs)."""
    path = build / EXPECTED_FILE
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
    x_raw = decoder.interface.input_format.quantise(x)
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
    parser.add_argument("--build", required=True, type=Path, help="build folder of the decoder")
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
