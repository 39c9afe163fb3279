"""A board at the other end of a line, in Python and in time of its own; and what goes wrong."""

from collections import deque

import numpy as np

from build_decoder.boards.protocol import (
    PROTOCOL,
    Command,
    Info,
    Protocol,
    Reply,
    Status,
    element_bytes,
)
from build_decoder.hdl.planning.interface import Interface

READ_SECONDS = 0.05


class SureProtocol(Protocol):
    """The protocol with a check that never fails to tell: right is what one end has framed.

    CRC-16 lets one damaged message of 65,536 through, which tests of many faults would meet.
    """

    framed = set()

    def _framed(self, sync, body):
        self.framed.add(bytes(body))
        return super()._framed(sync, body)

    def crc(self, data):
        return super().crc(data) if bytes(data) in self.framed else -1


class FakeClock:
    """Stands still unless somebody sleeps or waits for a byte."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class FakeBoard:
    """`boards.link` as a function of bytes: hunts, receives, drops what pauses, answers."""

    def __init__(self, model, baud=1_000_000, protocol=PROTOCOL):
        self.model = model
        self.protocol = protocol
        self.idle_seconds = 2 * PROTOCOL.idle_byte_times * 10 / baud
        self._frame = bytearray()
        self._last = 0.0

    def receive(self, byte, time):
        """The reply to a request that ``byte`` completes, else nothing."""
        if time - self._last > self.idle_seconds:
            self._frame.clear()
        self._last = time
        if not self._frame and byte != PROTOCOL.request_sync:
            return b""
        self._frame.append(byte)
        header = PROTOCOL.REQUEST_HEADER
        if len(self._frame) < 1 + header.size:
            return b""
        command, tag, length = header.unpack_from(self._frame, 1)
        if len(self._frame) < PROTOCOL.request_bytes(length):
            return b""
        body, crc = self._frame[1 : -PROTOCOL.CRC_BYTES], self._frame[-PROTOCOL.CRC_BYTES :]
        self._frame = bytearray()
        status, answer = self._answer(command, bytes(body[header.size :]))
        if self.protocol.crc(body) != int.from_bytes(crc, "big"):
            status, answer = Status.BAD_CRC, b""
        return self.protocol.reply(Reply(command, tag, status, answer))

    def _answer(self, command, payload):
        model = self.model
        size = model.input_count * element_bytes(model.input_format)
        if command not in (Command.INFO, Command.INFER):
            return Status.UNKNOWN_COMMAND, b""
        if len(payload) != (size if command == Command.INFER else 0):
            return Status.BAD_LENGTH, b""
        if command == Command.INFO:
            return Status.OK, Info.of(Interface.of_model(model)).pack()
        x_raw = PROTOCOL.unpack_values(payload, model.input_format)
        return Status.OK, PROTOCOL.pack_values(model.compute(x_raw[None]), model.output_format)


class FakePort:
    """A line to a `FakeBoard`, each byte of which takes its time.

    Parameters
    ----------
    to_board, from_board
        Make of a request or a reply what arrives: pairs of seconds of delay and bytes.
    """

    def __init__(self, model, clock, *, baud=1_000_000, protocol=PROTOCOL, **faults):
        self.board = FakeBoard(model, baud, protocol)
        self.clock = clock
        self.byte_seconds = 10 / baud
        self.to_board = faults.get("to_board", lambda data: [(0, data)])
        self.from_board = faults.get("from_board", lambda data: [(0, data)])
        self.requests = 0
        self._up = self._down = 0.0  # when the line's last byte is over, in both directions
        self._arriving = deque()

    def write(self, data):
        self.requests += 1
        for delay, part in self.to_board(data):
            self._up = max(self._up, self.clock.monotonic()) + delay
            for byte in part:
                self._up += self.byte_seconds
                reply = self.board.receive(byte, self._up)
                for reply_delay, reply_part in self.from_board(reply) if reply else ():
                    self._send(self._up + reply_delay, reply_part)

    def _send(self, time, data):
        self._down = max(self._down, time)
        for byte in data:
            self._down += self.byte_seconds
            self._arriving.append((self._down, byte))

    def read(self, count):
        end = self.clock.monotonic() + READ_SECONDS
        data = bytearray()
        while len(data) < count and self._arriving and self._arriving[0][0] <= end:
            time, byte = self._arriving.popleft()
            self.clock.now = max(self.clock.now, time)
            data.append(byte)
        if len(data) < count:
            self.clock.now = end
        return bytes(data)

    def reset_input_buffer(self):
        while self._arriving and self._arriving[0][0] <= self.clock.monotonic():
            self._arriving.popleft()


class Faults:
    """What a bad line makes of a message, by chance: of one in three, one to three faults."""

    def __init__(self, rng):
        self._rng = rng
        self._kinds = (
            self._corrupt,
            self._drop,
            self._duplicate,
            self._truncate,
            self._noise,
            self._repeat,
            self._pause,
        )

    def __call__(self, data):
        parts = [(0.0, bytes(data))]
        if self._rng.random() < 1 / 3:
            for _ in range(self._rng.integers(1, 4)):
                parts = self._kinds[self._rng.integers(len(self._kinds))](parts)
        return parts

    def _edited(self, parts, edit):
        index = int(self._rng.integers(len(parts)))
        delay, data = parts[index]
        data = edit(data, int(self._rng.integers(len(data) + 1)))
        return [*parts[:index], (delay, data), *parts[index + 1 :]]

    def _corrupt(self, parts):
        flip = int(self._rng.integers(1, 256))
        return self._edited(
            parts, lambda d, at: d[:at] + bytes(b ^ flip for b in d[at : at + 1]) + d[at + 1 :]
        )

    def _drop(self, parts):
        return self._edited(parts, lambda d, at: d[:at] + d[at + 1 :])

    def _duplicate(self, parts):
        return self._edited(parts, lambda d, at: d[:at] + d[at : at + 1] + d[at:])

    def _truncate(self, parts):
        return self._edited(parts, lambda d, at: d[:at])

    def _noise(self, parts):
        noise = self._rng.integers(0, 256, int(self._rng.integers(1, 30)), np.uint8).tobytes()
        if self._rng.random() < 0.5:  # a header that fits, of a reply that never comes
            noise += PROTOCOL.REPLY_HEADER.pack(2, int(self._rng.integers(256)), 0, 4)
        return self._edited(parts, lambda d, at: d[:at] + noise + d[at:])

    def _repeat(self, parts):
        return parts + parts

    def _pause(self, parts):
        return [(float(self._rng.choice([0.01, 0.3, 1.5])), b""), *parts]
