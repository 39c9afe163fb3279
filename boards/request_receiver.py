"""The board's receiver of requests: finds them among bytes, and proves them before they count."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.checksum import Covered
from build_decoder.boards.protocol import Command, Protocol, Status

__all__ = ["Request", "RequestReceiver"]

Request = data.StructLayout({"command": 8, "tag": 8, "status": 8})
"""A request that has come in whole, and the `Status` that its reply has."""


class RequestReceiver(wiring.Component):
    """Takes bytes until they are a request, whose status it decides, and offers that.

    ::

        ... 0xA5 | command tag length (2) | payload ... | CRC (2) |
        HUNT     | HEADER                 | PAYLOAD     | CHECKSUM| DECIDE, OFFER

    Up to the sync byte of a request, bytes are skipped. A payload of ``frame_bytes`` goes to a byte
    memory as it comes, backwards: a byte's address is the number of bytes that follow it. It stays
    there until ``o`` has been taken; meanwhile no bytes are taken from ``i``, but for one.

    A request that pauses for `Protocol.idle_byte_times` or, at most, twice as many is dropped.

    Latency: ``o`` is offered 4 cycles after the last byte was taken. Throughput: one byte in 2
    cycles.

    Parameters
    ----------
    frame_bytes
        Payload of an INFER request.
    byte_cycles
        Clock cycles that a byte takes on the line.
    protocol
        Protocol constants.
    loads
        Whether weights can be loaded: there are more commands then.
    clears
        Whether states can be cleared: there is one more command then.

    Members
    -------
    i
        Bytes from the host.
    o
        Requests. `Status.OK` is only for one whose CRC, command and length are right.
    address, byte, write
        Port of the memory.
    covered, intact
        To and from the `Checksum`, which must be for this receiver while ``o`` is not offered.
    dropped
        High for one cycle for each request that is dropped.
    load_start, load, load_busy, load_whole
        If weights can be loaded: the next byte is the first of a payload; ``byte`` is taken, of a
        LOAD; no byte of a payload can be taken; what was taken is whole.
    """

    def __init__(
        self, *, frame_bytes: int, byte_cycles: int, protocol: Protocol, loads: bool = False,
        clears: bool = False,
    ):
        self.loads = loads
        self.clears = clears
        self.frame_bytes = frame_bytes
        self.byte_cycles = byte_cycles
        self.protocol = protocol
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "o": Out(stream.Signature(Request)),
                "address": Out(range(frame_bytes)),
                "byte": Out(8),
                "write": Out(1),
                "covered": Out(Covered),
                "intact": In(1),
                "dropped": Out(1),
                **(_LOAD_PORTS if loads else {}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        protocol, byte = self.protocol, self.byte

        # A register on the way in, which cuts the path to the FIFO before it.
        arrived, take = Signal(), Signal()
        taken = arrived & take
        m.d.comb += self.i.ready.eq(~arrived)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [byte.eq(self.i.payload), arrived.eq(1)]
        with m.If(taken):
            m.d.sync += arrived.eq(0)

        # Up to the next power of two, where one bit tells that time is up.
        idle = Signal((protocol.idle_byte_times * self.byte_cycles - 1).bit_length() + 1)
        expired, receiving = idle[-1] & ~arrived, Signal()
        m.d.sync += idle.eq(Mux(~receiving | arrived, 0, idle + 1))
        m.d.comb += [
            self.covered.valid.eq(taken & receiving),
            self.covered.byte.eq(byte),
        ]

        command, tag, left = Signal(8), Signal(8), Signal(16)
        header = Cat(command, tag, left)
        part_left = Signal(range(max(protocol.REQUEST_HEADER.size, protocol.CRC_BYTES)))
        empty, framed = Signal(), Signal()
        status = Signal(Status)
        m.d.comb += [
            self.address.eq(left),
            self.o.payload.command.eq(command),
            self.o.payload.tag.eq(tag),
            self.o.payload.status.eq(status),
        ]

        def receive():
            """Take the bytes that come, or give up once they have not come for too long."""
            m.d.comb += [take.eq(1), receiving.eq(1)]
            with m.If(expired):
                m.d.comb += self.dropped.eq(1)
                m.next = "HUNT"

        def count(size: int):
            """Have `part_left` count that many bytes: it tells how many follow each."""
            m.d.sync += part_left.eq(size - 1)

        with m.FSM():
            with m.State("HUNT"):
                m.d.comb += [take.eq(1), self.covered.start.eq(1)]
                if self.loads:
                    m.d.comb += self.load_start.eq(1)
                count(protocol.REQUEST_HEADER.size)
                with m.If(arrived & (byte == protocol.request_sync)):
                    m.next = "HEADER"

            with m.State("HEADER"):
                receive()
                with m.If(arrived):
                    m.d.sync += [header.eq(Cat(header[8:], byte)), part_left.eq(part_left - 1)]
                    with m.If(part_left == 0):
                        m.next = "LENGTH"

            with m.State("LENGTH"):
                m.d.comb += receiving.eq(1)
                m.d.sync += [
                    empty.eq(left == 0),
                    framed.eq(left == self.frame_bytes),
                    left.eq(left - 1),
                ]
                count(protocol.CRC_BYTES)
                m.next = "PAYLOAD"
                with m.If(left == 0):
                    m.next = "CHECKSUM"

            with m.State("PAYLOAD"):
                receive()
                m.d.comb += self.write.eq(arrived & framed)
                came = arrived
                if self.loads:
                    came = arrived & ~self.load_busy
                    m.d.comb += [
                        take.eq(~self.load_busy),
                        self.load.eq(came & (command == Command.LOAD)),
                    ]
                with m.If(came):
                    m.d.sync += left.eq(left - 1)
                    with m.If(left == 0):
                        m.next = "CHECKSUM"

            with m.State("CHECKSUM"):
                receive()
                with m.If(arrived):
                    m.d.sync += part_left.eq(part_left - 1)
                    with m.If(part_left == 0):
                        m.next = "SETTLE"

            with m.State("SETTLE"):
                m.next = "DECIDE"

            with m.State("DECIDE"):
                m.d.sync += status.eq(Status.OK)
                with m.If(~self.intact):
                    m.d.sync += status.eq(Status.BAD_CRC)
                with m.Elif(~self._known(command)):
                    m.d.sync += status.eq(Status.UNKNOWN_COMMAND)
                with m.Elif(~self._fitting(command, empty, framed)):
                    m.d.sync += status.eq(Status.BAD_LENGTH)
                m.next = "OFFER"

            with m.State("OFFER"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "HUNT"
        return m

    def _known(self, command):
        cleared = command == Command.RESET if self.clears else 0
        if self.loads:
            return (command >= Command.INFO) & (command <= Command.STATUS) | cleared
        return (command == Command.INFO) | (command == Command.INFER) | cleared

    def _fitting(self, command, empty, framed):
        """Whether the payload's length is that of the command."""
        if self.loads:
            other = Mux(command == Command.LOAD, self.load_whole, empty)
            return Mux(command == Command.INFER, framed, other)
        return Mux(command == Command.INFER, framed, empty)


_LOAD_PORTS = {"load_start": Out(1), "load": Out(1), "load_busy": In(1), "load_whole": In(1)}
