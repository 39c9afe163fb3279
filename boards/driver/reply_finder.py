"""Finds the reply to one request in what a port sends, among whatever else it sends."""

from collections.abc import Mapping

from build_decoder.boards.protocol import Protocol, Reply, Status

__all__ = ["ReplyFinder"]


class ReplyFinder:
    """Takes bytes as they come, and tells when they hold the reply to a request.

    Bytes that begin no reply of this decoder are skipped: a sync byte counts only where command,
    status and length behind it fit together. Replies to other requests, which come late, are
    skipped as a whole, so that nothing inside their payloads is taken for a reply.

    A header that is noise may still announce more bytes than will ever come. What follows it is
    looked at once there is no more time: see `find`.

    Parameters
    ----------
    protocol
        Protocol constants.
    payload_bytes
        Payload of the reply to each command that a decoder answers.
    command, tag
        Of the request.
    """

    def __init__(
        self, protocol: Protocol, payload_bytes: Mapping[int, int], *, command: int, tag: int
    ):
        self._protocol = protocol
        self._payload_bytes = payload_bytes
        self._command, self._tag = command, tag
        self._data = bytearray()
        self._frame_overhead = protocol.reply_bytes(0)
        self.missing = self._frame_overhead
        """Least number of bytes that can complete a reply. No more need be read at once."""
        self.damage: str | None = None
        """What is wrong with what was the reply but for its CRC, once that came."""

    def feed(self, data: bytes) -> None:
        """Take bytes that the port sent."""
        self._data += data

    def find(self, *, last: bool = False) -> Reply | None:
        """The reply, once it is complete and its CRC is right.

        Parameters
        ----------
        last
            Nothing more will come: look behind headers that announce more than there is.
        """
        protocol = self._protocol
        position = 0
        while (start := self._data.find(protocol.reply_sync, position)) >= 0:
            size = self._frame_bytes(start)
            if size is not None and start + size > len(self._data):
                if not last:
                    del self._data[:start]
                    self.missing = size - len(self._data)
                    return None
                position = start + 1
            elif size is None or (reply := self._reply(start, size)) is None:
                position = start + 1
            elif (reply.command, reply.tag) == (self._command, self._tag):
                return reply
            else:
                position = start + size
        self._data.clear()
        self.missing = self._frame_overhead
        return None

    def _frame_bytes(self, start: int) -> int | None:
        """Length of the frame that begins at ``start`` if one does, else None.

        Of a header that is not complete, the least length.
        """
        header = self._protocol.REPLY_HEADER
        if len(self._data) < start + 1 + header.size:
            return self._frame_overhead
        command, tag, status, length = header.unpack_from(self._data, start + 1)
        # A device that answers this request at another length is foreign: it shall be told.
        ours = (command, tag) == (self._command, self._tag)
        if not ours and length != self._expected_length(command, status):
            return None
        return self._frame_overhead + length

    def _expected_length(self, command: int, status: int) -> int | None:
        return self._payload_bytes.get(command) if status == Status.OK else 0

    def _reply(self, start: int, size: int) -> Reply | None:
        protocol = self._protocol
        body = self._data[start + 1 : start + size - protocol.CRC_BYTES]
        command, tag, status, length = protocol.REPLY_HEADER.unpack_from(body)
        received = int.from_bytes(self._data[start + 1 + len(body) : start + size], "big")
        expected = protocol.crc(body)
        if received == expected:
            return Reply(command, tag, status, bytes(body[protocol.REPLY_HEADER.size :]))
        ours = (command, tag) == (self._command, self._tag)
        if ours and length == self._expected_length(command, status):
            self.damage = f"expected CRC {expected:#06x} in a reply, got {received:#06x}"
        return None
