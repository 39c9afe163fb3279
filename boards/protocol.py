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
answered with the raw outputs in the same manner, sign or zero extended. A reply whose status is not
``OK`` has no payload. The whole is described for people in ``docs/host_protocol.md``.
"""

import enum
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from boards.interface import DecoderInterface
from quant.qformat import QFormat

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "PROTOCOL",
    "Command",
    "Info",
    "Protocol",
    "Reply",
    "Status",
    "element_bytes",
]

MAX_PAYLOAD_BYTES = (1 << 16) - 1
"""Longest payload that the 16-bit length of a request or a reply can tell."""


class Command(enum.IntEnum):
    """What a request asks for."""

    INFO = 1
    INFER = 2


class Status(enum.IntEnum):
    """How a request ended."""

    OK = 0
    BAD_CRC = 1
    BAD_LENGTH = 2
    UNKNOWN_COMMAND = 3


def element_bytes(format: QFormat) -> int:
    """Bytes of one raw value in a payload."""
    return -(-format.width // 8)


@dataclass(frozen=True)
class Info:
    """Payload of an INFO reply: 17 bytes.

    Protocol version (1), input count (2), output count (2), then for input and for output width
    (1), signedness (1) and fraction bits (2, signed), and the model's fingerprint (4).
    """

    LAYOUT = struct.Struct("<BHHBBhBBhI")
    VERSION = 1

    version: int
    input_count: int
    output_count: int
    input_format: QFormat
    output_format: QFormat
    fingerprint: int

    @classmethod
    def of(cls, interface: DecoderInterface) -> "Info":
        """What a board says of a decoder with that interface."""
        return cls(
            cls.VERSION,
            interface.input_count,
            interface.output_count,
            interface.input_format,
            interface.output_format,
            interface.fingerprint,
        )

    def pack(self) -> bytes:
        """The payload."""
        formats = ((f.width, f.signed, f.fraction) for f in (self.input_format, self.output_format))
        counts = (self.version, self.input_count, self.output_count)
        return self.LAYOUT.pack(*counts, *next(formats), *next(formats), self.fingerprint)

    @classmethod
    def unpack(cls, payload: bytes) -> "Info":
        """The information in ``payload``, which has ``LAYOUT.size`` bytes."""
        version, inputs, outputs, *formats, fingerprint = cls.LAYOUT.unpack(payload)
        input_format, output_format = (
            QFormat(width - fraction, fraction, bool(signed))
            for width, signed, fraction in (formats[:3], formats[3:])
        )
        return cls(version, inputs, outputs, input_format, output_format, fingerprint)


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
    crc_polynomial, crc_initial
        CRC-16 generator polynomial and start value; most significant bit first, not inverted.
    idle_byte_times
        A request that pauses for this many byte times (10 bits each) or, at most, twice as many is
        dropped by the board without a reply, so that the next byte may start a new one.
    """

    request_sync: int = 0xA5
    reply_sync: int = 0x5A
    crc_polynomial: int = 0x1021
    crc_initial: int = 0xFFFF
    idle_byte_times: int = 4096
    _crc_table: tuple[int, ...] = field(init=False, repr=False, compare=False)

    REQUEST_HEADER = struct.Struct("<BBH")
    """Command, tag, payload length: what follows the sync byte of a request."""

    REPLY_HEADER = struct.Struct("<BBBH")
    """Command, tag, status, payload length: what follows the sync byte of a reply."""

    CRC_BYTES = 2

    def __post_init__(self):
        table = []
        for byte in range(256):
            crc = byte << 8
            for _ in range(8):
                crc = (crc << 1) ^ (self.crc_polynomial if crc & 0x8000 else 0)
            table.append(crc & 0xFFFF)
        object.__setattr__(self, "_crc_table", tuple(table))

    def crc(self, data: Iterable[int]) -> int:
        """CRC-16 of ``data``."""
        crc = self.crc_initial
        for byte in data:
            crc = (crc << 8 & 0xFF00) ^ self._crc_table[crc >> 8 ^ byte]
        return crc

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
    def pack_values(raw: np.ndarray, format: QFormat) -> bytes:
        """Payload of raw values (any shape, in C order) in ``format``."""
        raw = np.ascontiguousarray(raw, dtype="<i8")
        octets = raw.reshape(-1, 1).view(np.uint8)
        return octets[:, : element_bytes(format)].tobytes()

    @staticmethod
    def unpack_values(payload: bytes, format: QFormat) -> np.ndarray:
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
