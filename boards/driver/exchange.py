"""A request and its answer over a port, as one unit and within one deadline."""

import os
import weakref
from collections.abc import Callable, Mapping
from typing import TypeVar

from build_decoder.boards.driver.errors import DeviceError, LinkError, LinkTimeout, PortError
from build_decoder.boards.driver.port_errors import on_port
from build_decoder.boards.driver.reply_finder import ReplyFinder
from build_decoder.boards.driver.turns import Turns
from build_decoder.boards.protocol import Command, Protocol, Reply, Status
from build_decoder.models.errors import InputError, shown

__all__ = ["Exchange"]

Answer = TypeVar("Answer")

_BYTE_BITS = 10  # with start and stop bit
_READ_SECONDS = 0.05  # of one wait for the port, after which the deadline is looked at
_PAUSE_SECONDS = 0.001  # before a port that had nothing is asked again
_SHOWN_BYTES = 16


class Exchange:
    """Sends requests through a port and waits for their answers.

    A request that fails is repeated once, after a pause in which the board drops half a request.
    Threads may share an exchange: each request and its answer, repetition included, is one unit.
    Those that wait get their turn in the order in which they came.

    Parameters
    ----------
    port
        See `Decoder`.
    payload_bytes
        Payload of the reply to each command.
    protocol
        Protocol constants.
    baud
        Bits a second on the line.
    decoder_seconds
        Time that the decoder needs for a frame.
    timeout
        Seconds that a reply may take beyond those of the line and of the decoder.
    clock
        Has ``monotonic()`` and ``sleep(seconds)``, as the module `time` has.

    Raises
    ------
    InputError
        If the port is one that another exchange uses.
    """

    # Two on one port would take each other's answers. The objects are kept by those who use them.
    _on_ports: weakref.WeakValueDictionary[int, "Exchange"] = weakref.WeakValueDictionary()

    def __init__(
        self,
        port,
        payload_bytes: Mapping[Command, int],
        *,
        protocol: Protocol,
        baud: int,
        decoder_seconds: float,
        timeout: float,
        clock,
    ):
        other = self._on_ports.get(id(port))
        if other is not None and not other._closed:
            raise InputError("port: expected one for this decoder alone, got one already in use")
        self._on_ports[id(port)] = self
        self._port = port
        self._payload_bytes = payload_bytes
        self._protocol = protocol
        self._baud = baud
        self._decoder_seconds = decoder_seconds
        self._timeout = timeout
        self._clock = clock
        self._quiet_seconds = self._line_seconds(2 * protocol.idle_byte_times)
        self._tag = 0
        self._closed = False
        self._lock = Turns()
        self._process = os.getpid()

    def seconds(self, command: Command, payload_bytes: int) -> float:
        """Longest time that a request and its answer may take, without a repetition."""
        protocol = self._protocol
        line = protocol.request_bytes(payload_bytes)
        line += protocol.reply_bytes(self._payload_bytes[command])
        return self._line_seconds(line) + self._decoder_seconds + self._timeout

    def _line_seconds(self, count: int) -> float:
        return count * _BYTE_BITS / self._baud

    def close(self) -> None:
        """Close the port, once the request that is under way has ended."""
        if self._process != os.getpid():  # the lock may be another process's
            self._close()
            return
        with self._lock:
            if not self._closed:
                self._close()

    def _close(self) -> None:
        self._closed = True
        on_port(getattr(self._port, "close", lambda: None))

    def call(
        self,
        command: Command,
        payload: bytes,
        parse: Callable[[bytes], Answer],
        *,
        again: bool = True,
    ) -> Answer:
        """The answer to a request.

        Parameters
        ----------
        parse
            Makes the answer of the reply's payload. It raises a `LinkError` if that makes no sense.
        again
            Whether a request that fails is repeated. If not, what comes late is waited for, too.

        Raises
        ------
        LinkTimeout, LinkError
            If there is no valid reply to the request and to its repetition.
        DeviceError
            If the reply has another length than it should have.
        PortError
            If the port fails.
        """
        if self._process != os.getpid():
            raise PortError(
                f"port: expected to be used by process {self._process}, which opened it, got "
                f"process {os.getpid()}: open it after the fork"
            )
        with self._lock:
            if self._closed:
                raise PortError("port: expected an open one, got one that is closed")
            try:
                return parse(self._attempt(command, payload))
            except (PortError, DeviceError):
                raise
            except LinkError:
                self._clock.sleep(self._quiet_seconds)
                on_port(getattr(self._port, "reset_input_buffer", lambda: None))
                if not again:
                    raise
                return parse(self._attempt(command, payload))

    def _attempt(self, command: Command, payload: bytes) -> bytes:
        self._tag = (self._tag + 1) % 256
        seconds = self.seconds(command, len(payload))
        deadline = self._clock.monotonic() + seconds
        self._limit("write_timeout", seconds)
        self._limit("timeout", _READ_SECONDS)
        on_port(self._port.write, self._protocol.request(command, tag=self._tag, payload=payload))
        reply = self._await_reply(command, deadline, seconds)
        if reply.status != Status.OK:
            names = {status.value: status.name for status in Status}
            raise LinkError(
                f"board refused {command.name}: {names.get(reply.status, reply.status)}"
            )
        size = self._payload_bytes[command]
        if len(reply.payload) != size:
            raise DeviceError(
                f"expected a reply to {command.name} with {size} bytes, got "
                f"{len(reply.payload)}: {shown(reply.payload[:_SHOWN_BYTES])}"
            )
        return reply.payload

    def _limit(self, name: str, seconds: float) -> None:
        # An assignment makes pySerial set up its port anew.
        if getattr(self._port, name, seconds) != seconds:
            on_port(setattr, self._port, name, seconds)

    def _await_reply(self, command: Command, deadline: float, seconds: float) -> Reply:
        finder = ReplyFinder(self._protocol, self._payload_bytes, command=command, tag=self._tag)
        count, first = 0, b""
        heard = self._clock.monotonic()
        while (now := self._clock.monotonic()) < deadline:
            data = on_port(self._port.read, finder.missing)
            if data:
                heard = now
                count += len(data)
                first = (first + data)[:_SHOWN_BYTES]
                finder.feed(data)
                if reply := finder.find():
                    return reply
            elif finder.damage and now - heard >= _READ_SECONDS:
                break  # that was the reply: nothing comes behind it
            else:
                self._clock.sleep(_PAUSE_SECONDS)
        if reply := finder.find(last=True):
            return reply
        if finder.damage:
            raise LinkError(finder.damage)
        came = f"{count:,} bytes that are none, such as {first!r}" if count else "no bytes"
        raise LinkTimeout(f"no reply to {command.name} in {seconds:.3g} s: got {came}")
