"""The board's replier: sends the reply to a request, with its checksum."""

from amaranth import Array, C, Module, Mux, Shape, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from build_decoder.boards.checksum import CRC_WIDTH, Covered
from build_decoder.boards.protocol import (
    Command,
    Info,
    LoadState,
    Protocol,
    Status,
    element_bytes,
)
from build_decoder.boards.request_receiver import Request
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.shapes import shape_of

__all__ = ["Replier"]


class Replier(wiring.Component):
    """Replies to each request: header, what it asks for, CRC.

    With the first byte of the reply to an INFER request, the decoder is to get its frame; the
    payload is the decoder's outputs as they come. A request is taken with the last byte of its
    reply. Throughput: one byte in 2 cycles.

    Parameters
    ----------
    interface
        Counts, formats and fingerprint of the decoder.
    protocol
        Protocol constants.

    Members
    -------
    i
        Requests.
    feed
        High for one cycle for each frame that the decoder is to get.
    fed
        The decoder has got all of it, or there was none: before, no request is taken.
    tell
        High for one cycle before each reply to a request for what ``info`` has, also one that is
        refused.
    info
        Contents of a reply to an INFO request or, of a decoder whose weights can be loaded, to one
        about its weights, from the first byte on.
    y
        The decoder's outputs, one a transfer.
    o
        Bytes to the host.
    covered, crc, settled
        To and from the `Checksum`, which must be for this replier while ``i`` is offered.
    answered
        High for one cycle for each frame whose outputs have all been sent.
    refused
        High for one cycle for each request that is answered with an error.
    """

    def __init__(self, interface: Interface, *, protocol: Protocol):
        self.interface = interface
        self.protocol = protocol
        super().__init__(
            {
                "i": In(stream.Signature(Request)),
                "feed": Out(1),
                "fed": In(1),
                "tell": Out(1),
                "info": In(stream.Signature(8)),
                "y": In(stream.Signature(ArrayLayout(shape_of(interface.output_format), 1))),
                "o": Out(stream.Signature(8)),
                "covered": Out(Covered),
                "crc": In(CRC_WIDTH),
                "settled": In(1),
                "answered": Out(1),
                "refused": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        interface, request = self.interface, self.i.payload
        output_bytes = element_bytes(interface.output_format)
        reply_bytes = interface.output_count * output_bytes

        # Whether there is a payload at all, and whether it is what `info` has.
        ok, about, holds = Signal(), Signal(), Signal()
        length = Signal(16)
        told = Info.LAYOUT.size
        if interface.reloadable:
            told = Mux(request.command == Command.INFO, told, LoadState.LAYOUT.size)
            m.d.comb += about.eq((request.command != Command.INFER) & holds)
        else:
            m.d.comb += about.eq(request.command == Command.INFO)
        m.d.comb += [
            holds.eq(request.command != Command.RESET if interface.continuous else 1),
            ok.eq(request.status == Status.OK),
            length.eq(Mux(ok & holds, Mux(about, told, reply_bytes), 0)),
        ]
        sync = C(self.protocol.reply_sync, 8)
        header = [sync, request.command, request.tag, request.status, length[:8], length[8:]]
        output = Signal(Shape(8 * output_bytes, interface.output_format.signed))
        m.d.comb += output.eq(self.y.payload[0])

        # A register on the way out, which cuts the path to the UART. The CRC sees what leaves it.
        byte, load = Signal(8), Signal()
        leaves = self.o.valid & self.o.ready
        with m.If(load):
            m.d.sync += [self.o.payload.eq(byte), self.o.valid.eq(1)]
        with m.Elif(leaves):
            m.d.sync += self.o.valid.eq(0)
        uncovered = Signal()
        m.d.comb += [
            self.covered.byte.eq(self.o.payload),
            self.covered.valid.eq(leaves & ~uncovered),
        ]

        # And one for what comes from block RAM, late in its cycle.
        contents, there = Signal(8), Signal()
        m.d.sync += [
            contents.eq(self.info.payload),
            there.eq(self.info.valid & ~self.info.ready),
        ]

        outputs_left = Signal(range(interface.output_count))
        index = Signal(range(max(len(header), Info.LAYOUT.size, output_bytes)))

        def below(count: int):
            """The bits of `index` that change while it counts that many bytes."""
            return index[: (count - 1).bit_length()]

        def sent(value, *, ready=1):
            """Load the register once it is free and the value ready: whether that is now."""
            now = ~self.o.valid & ready
            m.d.comb += [byte.eq(value), load.eq(now)]
            with m.If(now):
                m.d.sync += index.eq(index + 1)
            return now

        def ended(count: int, state: str):
            """After the last of that many bytes, go on to a state: whether it is the last."""
            last = below(count) == count - 1
            with m.If(last):
                m.d.sync += index.eq(0)
                m.next = state
            return last

        def told_all(state: str):
            """The same of what ``info`` has."""
            last = below(Info.LAYOUT.size) == told - 1
            with m.If(last):
                m.d.sync += index.eq(0)
                m.next = state
            return last

        frame = Signal()
        m.d.comb += frame.eq(ok & ~about & holds)

        with m.FSM():
            with m.State("HEADER"):
                position = below(len(header))
                first = position == 0
                # Until the sync byte, which the CRC does not cover, has left.
                m.d.comb += self.covered.start.eq(position[1:] == 0)
                m.d.sync += outputs_left.eq(interface.output_count - 1)
                with m.If(sent(Array(header)[position], ready=self.i.valid)):
                    m.d.comb += [self.feed.eq(first & frame), self.tell.eq(first & about)]
                    with m.If(ended(len(header), "CRC")):
                        m.d.comb += self.refused.eq(~ok)
                        with m.If(frame):
                            m.next = "OUTPUT"
                        with m.If(ok & about):
                            m.next = "INFO"

            with m.State("INFO"):
                with m.If(sent(contents, ready=there)):
                    m.d.comb += self.info.ready.eq(1)
                    told_all("CRC")

            with m.State("OUTPUT"):
                part = output.word_select(below(output_bytes), 8)
                with m.If(sent(part, ready=self.y.valid)):
                    with m.If(ended(output_bytes, "OUTPUT")):
                        m.d.comb += self.y.ready.eq(1)
                        m.d.sync += outputs_left.eq(outputs_left - 1)
                        with m.If(outputs_left == 0):
                            m.next = "CRC"

            with m.State("CRC"):
                m.d.comb += uncovered.eq(index[0])
                crc = Mux(index[0], self.crc[:8], self.crc[8:])
                with m.If(sent(crc, ready=self.fed & self.settled)):
                    with m.If(ended(self.protocol.CRC_BYTES, "HEADER")):
                        m.d.comb += [self.i.ready.eq(1), self.answered.eq(frame)]
        return m
