"""The framed protocol between host and decoder: bytes only, no hardware and no serial port.

Request (host to board)::

    0xA5  command  tag  length (2)  payload (length)  CRC (2)

Reply (board to host)::

    0x5A  command  tag  status  length (2)  payload (length)  CRC (2)

Lengths, like all numbers in payloads, are little endian. The CRC is CRC-16/CCITT-FALSE over all
that stands between the sync byte and the CRC itself, and is sent high byte first, so that a
receiver that takes the CRC bytes in too ends at zero. Command and tag of a reply repeat those of
its request; the host changes the tag from request to request, and so tells a late reply from a new.

Commands: ``INFO`` (no payload) is answered with `Info`; ``INFER`` with one frame of raw inputs
(each in ``ceil(width / 8)`` bytes, two's complement where signed, bits above the width ignored) is
answered with the raw outputs in the same manner, sign or zero extended.

Decoders whose weights can be loaded answer five more, all with `LoadState`: ``LOAD`` (the number of
its first word in the image, then words, four bytes each), and, without payload, ``COMMIT``,
``ROLLBACK``, ``VERIFY`` and ``STATUS``. To others they are unknown.

Continuous decoders, of which each frame is a step, answer ``RESET`` (no payload either way) once
their states are zero. To others it is unknown.

A reply whose status is not ``OK`` has no payload. The whole is described for people in
``docs/host_protocol.md``.
"""

import enum
import struct
from binascii import crc_hqx
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from build_decoder.boards.driver_file import MAX_COUNT
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError
from build_decoder.quant.format_fields import format_of_word, format_word
from build_decoder.quant.number_format import NumberFormat

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "PROTOCOL",
    "Command",
    "Info",
    "LoadError",
    "LoadState",
    "Protocol",
    "Reply",
    "Status",
    "check_frame",
    "check_frame_bytes",
    "element_bytes",
]

MAX_PAYLOAD_BYTES = (1 << 16) - 1
"""Longest payload that the 16-bit length of a request or a reply can tell."""


class Command(enum.IntEnum):
    """What a request asks for."""

    INFO = 1
    INFER = 2
    LOAD = 3
    COMMIT = 4
    ROLLBACK = 5
    VERIFY = 6
    STATUS = 7
    RESET = 8


class Status(enum.IntEnum):
    """How a request ended."""

    OK = 0
    BAD_CRC = 1
    BAD_LENGTH = 2
    UNKNOWN_COMMAND = 3


class LoadError(enum.IntEnum):
    """How a COMMIT, ROLLBACK or VERIFY ended: `hdl.parts.weight_loader.Error`, without Amaranth."""

    NONE = 0
    COUNT = 1
    CRC = 2
    LAYOUT = 3
    NO_ROLLBACK = 4
    VERIFY = 5


def element_bytes(format: NumberFormat) -> int:
    """Bytes of one raw value in a payload."""
    return -(-format.width // 8)


def check_frame(model) -> None:
    """Make sure that frames fit the 16-bit length of the host protocol.

    Parameters
    ----------
    model
        Integer model or `hdl.planning.interface.Interface`.

    Raises
    ------
    InputError
        If an input or output frame does not; the message has the numbers.
    """
    for end, count, format in (
        ("input", model.input_count, model.input_format),
        ("output", model.output_count, model.output_format),
    ):
        check_frame_bytes(model.name, end, count, element_bytes(format))


def check_frame_bytes(name: str, end: str, count: int, size: int) -> None:
    """As `check_frame`, of one end of decoder ``name``: ``count`` values of ``size`` bytes."""
    if count * size > MAX_PAYLOAD_BYTES:
        raise InputError(
            f"{name}: expected an {end} frame of at most {MAX_PAYLOAD_BYTES} bytes on "
            f"the host link, got {count} values of {size} bytes = {count * size}"
        )


@dataclass(frozen=True)
class Info:
    """Payload of an INFO reply: 22 bytes.

    Protocol version (1), input count (2), output count (2), then for input and for output width
    (1), flags (1) and fraction bits (2, signed), as of `quant.format_fields.format_word`, the
    fingerprint of the model that runs (4), whether weights can be loaded (1), and the layout id of
    images for it, else 0 (4).
    """

    LAYOUT = struct.Struct("<BHHBBhBBhIBI")
    VERSION = 2
    FINGERPRINT_AT = 13
    """Where the fingerprint stands."""

    version: int
    input_count: int
    output_count: int
    input_format: NumberFormat
    output_format: NumberFormat
    fingerprint: int
    layout_id: int | None = None

    @classmethod
    def of(cls, interface: Interface) -> "Info":
        """What a board says of a decoder with that interface."""
        return cls(
            cls.VERSION,
            interface.input_count,
            interface.output_count,
            interface.input_format,
            interface.output_format,
            interface.fingerprint,
            interface.layout_id,
        )

    def pack(self) -> bytes:
        """The payload."""
        formats = map(format_word, (self.input_format, self.output_format))
        counts = (self.version, self.input_count, self.output_count)
        loads = self.layout_id is not None, self.layout_id or 0
        return self.LAYOUT.pack(*counts, *next(formats), *next(formats), self.fingerprint, *loads)

    @classmethod
    def unpack(cls, payload: bytes) -> "Info":
        """The information in ``payload``, which has ``LAYOUT.size`` bytes.

        Raises
        ------
        ValueError
            If it is of another version, or describes no decoder.
        """
        version, inputs, outputs, *formats, fingerprint, loads, layout = cls.LAYOUT.unpack(payload)
        if version != cls.VERSION:
            raise ValueError(f"expected protocol version {cls.VERSION}, got {version}")
        for end, count in (("input", inputs), ("output", outputs)):
            if not 1 <= count <= MAX_COUNT:
                raise ValueError(f"expected an {end} count of 1 to {MAX_COUNT}, got {count}")
        input_format = _format("input", *formats[:3])
        output_format = _format("output", *formats[3:])
        if loads > 1 or (layout and not loads):
            raise ValueError(
                f"expected 1 and a layout id, or 0 and 0, got {loads} and {layout}"
            )
        layout_id = layout if loads else None
        return cls(
            version, inputs, outputs, input_format, output_format, fingerprint, layout_id
        )


@dataclass(frozen=True)
class LoadState:
    """Payload of the reply to LOAD, COMMIT, ROLLBACK, VERIFY and STATUS: 10 bytes.

    Flags (1): bit 0 a whole image waits for COMMIT, bit 1 bank in use, bit 2 ROLLBACK is possible;
    how the last COMMIT, ROLLBACK or VERIFY ended (1), a `LoadError`; words taken of the image that
    is loaded (4); and the fingerprint of the model that runs (4).
    """

    LAYOUT = struct.Struct("<BBII")

    staged: bool
    bank: int
    can_roll_back: bool
    error: int
    words: int
    fingerprint: int

    @classmethod
    def unpack(cls, payload: bytes) -> "LoadState":
        """What ``payload``, which has ``LAYOUT.size`` bytes, tells."""
        flags, error, words, fingerprint = cls.LAYOUT.unpack(payload)
        return cls(bool(flags & 1), flags >> 1 & 1, bool(flags & 4), error, words, fingerprint)

    def pack(self) -> bytes:
        """The payload."""
        flags = self.staged | self.bank << 1 | self.can_roll_back << 2
        return self.LAYOUT.pack(flags, self.error, self.words, self.fingerprint)


def _format(end: str, width: int, flags: int, fraction: int) -> NumberFormat:
    """The format that an INFO payload tells of one end of a decoder."""
    try:
        return format_of_word(width, flags, fraction)
    except ValueError as error:
        raise ValueError(f"{end}s: {error}") from None


@dataclass(frozen=True)
class Reply:
    """A reply whose CRC was right."""

    command: int
    tag: int
    status: int
    payload: bytes


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """Constants of the protocol, and what both ends compute from them.

    Parameters
    ----------
    request_sync, reply_sync
        First byte of a request and of a reply.
    crc_initial
        Start value of the CRC-16; its most significant bit is first, it is not inverted.
    idle_byte_times
        A request that pauses for this many byte times (10 bits each) or, at most, twice as many is
        dropped by the board without a reply, so that the next byte may start a new one.
    """

    request_sync: int = 0xA5
    reply_sync: int = 0x5A
    crc_initial: int = 0xFFFF
    idle_byte_times: int = 4096

    crc_polynomial: ClassVar[int] = 0x1021
    """Generator polynomial of the CRC-16: that of `binascii.crc_hqx`."""

    REQUEST_HEADER = struct.Struct("<BBH")
    """Command, tag, payload length: what follows the sync byte of a request."""

    REPLY_HEADER = struct.Struct("<BBBH")
    """Command, tag, status, payload length: what follows the sync byte of a reply."""

    CRC_BYTES = 2

    def crc(self, data: bytes) -> int:
        """CRC-16 of ``data``."""
        return crc_hqx(data, self.crc_initial)

    def request(self, command: int, *, tag: int = 0, payload: bytes = b"") -> bytes:
        """Bytes of a request."""
        body = self.REQUEST_HEADER.pack(command, tag, len(payload)) + payload
        return self._framed(self.request_sync, body)

    def reply(self, reply: Reply) -> bytes:
        """Bytes of a reply."""
        body = self.REPLY_HEADER.pack(reply.command, reply.tag, reply.status, len(reply.payload))
        return self._framed(self.reply_sync, body + reply.payload)

    def _framed(self, sync: int, body: bytes) -> bytes:
        return bytes([sync]) + body + self.crc(body).to_bytes(self.CRC_BYTES, "big")

    def request_bytes(self, payload_bytes: int) -> int:
        """Length of a request with that much payload."""
        return 1 + self.REQUEST_HEADER.size + payload_bytes + self.CRC_BYTES

    def reply_bytes(self, payload_bytes: int) -> int:
        """Length of a reply with that much payload."""
        return 1 + self.REPLY_HEADER.size + payload_bytes + self.CRC_BYTES

    @staticmethod
    def pack_values(raw: np.ndarray, format: NumberFormat) -> bytes:
        """Payload of raw values (any shape, in C order) in ``format``."""
        raw = np.ascontiguousarray(raw, dtype="<i8")
        octets = raw.reshape(-1, 1).view(np.uint8)
        return octets[:, : element_bytes(format)].tobytes()

    @staticmethod
    def unpack_values(payload: bytes, format: NumberFormat) -> np.ndarray:
        """Raw int64 values (count,) of a payload in ``format``."""
        size = element_bytes(format)
        octets = np.frombuffer(payload, np.uint8).reshape(-1, size)
        if format.signed:
            extension = np.where(octets[:, -1:] & 0x80, 0xFF, 0).astype(np.uint8)
        else:
            extension = np.zeros((len(octets), 1), np.uint8)
        padded = np.hstack([octets, np.repeat(extension, 8 - size, axis=1)])
        return np.ascontiguousarray(padded).view("<i8").reshape(-1).astype(np.int64)


PROTOCOL = Protocol()
"""The protocol as boards speak it."""
