"""The shell around a decoder on a board: UART, FIFO, link and the decoder itself."""

from dataclasses import replace

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.byte_fifo import ByteFifo
from build_decoder.boards.link import Link
from build_decoder.boards.protocol import PROTOCOL, Protocol
from build_decoder.boards.uart import FRAME_BITS, UARTReceiver, UARTTransmitter
from build_decoder.hdl.planning.interface import Interface

__all__ = ["MOST_WAITING", "Shell"]

MOST_WAITING = 2047
"""Most bytes that wait while a request is answered: 20 ms of a line of 1 Mbit/s."""


class Shell(wiring.Component):
    """A decoder behind a UART.

    Received bytes wait in a FIFO that holds the longest request, or its first `MOST_WAITING` bytes,
    so a host may begin one request while another is answered; with more than that under way, bytes
    are lost.

    Parameters
    ----------
    decoder
        Component with streams ``i`` and ``o`` and the integer model as ``model``; one whose weights
        can be loaded is as :class:`hdl.reloadable_decoder.ReloadableDecoder`, a continuous one as
        :class:`hdl.continuous_decoder.ContinuousDecoder`.
    divisor
        Clock cycles a bit on the line.
    protocol
        Protocol constants.

    Members
    -------
    rx, tx
        Serial lines from and to the host, high when idle.
    answered, rejected
        See `Link`. ``rejected`` is also high for each byte that the full FIFO lost.
    """

    rx: In(1, init=1)
    tx: Out(1, init=1)
    answered: Out(1)
    rejected: Out(1)

    def __init__(self, decoder, *, divisor: int, protocol: Protocol = PROTOCOL):
        self.decoder = decoder
        self.divisor = divisor
        interface, images = Interface.of_model(decoder.model), getattr(decoder, "images", None)
        if images is not None:
            interface = replace(interface, image_words=images.words, layout_id=images.layout_id)
        self.link = Link(
            interface,
            lanes=decoder.i.payload.shape().length,
            byte_cycles=divisor * FRAME_BITS,
            protocol=protocol,
        )
        # `connect` compares widths only.
        for ours, theirs in ((self.link.x, decoder.i), (self.link.y, decoder.o)):
            expected, actual = ours.payload.shape(), theirs.payload.shape()
            if expected != actual:
                raise TypeError(f"expected a decoder stream of {expected!r}, got {actual!r}")
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.receiver = receiver = UARTReceiver(divisor=self.divisor)
        m.submodules.transmitter = transmitter = UARTTransmitter(divisor=self.divisor)
        m.submodules.link = link = self.link
        m.submodules.decoder = decoder = self.decoder
        waiting = min(link.request_bytes, MOST_WAITING)
        m.submodules.fifo = fifo = ByteFifo(depth=1 << waiting.bit_length())

        wiring.connect(m, receiver.o, fifo.i)
        wiring.connect(m, fifo.o, link.i)
        wiring.connect(m, link.o, transmitter.i)
        wiring.connect(m, link.x, decoder.i)
        wiring.connect(m, decoder.o, link.y)
        if link.interface.reloadable:
            wiring.connect(m, link.words, decoder.words)
            wiring.connect(m, link.command, decoder.command)
            m.d.comb += [
                link.status.eq(decoder.status),
                link.fingerprint.eq(decoder.fingerprint),
            ]
        if link.interface.continuous:
            m.d.comb += [decoder.clear.eq(link.clear), link.cleared.eq(decoder.cleared)]
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            self.answered.eq(link.answered),
            self.rejected.eq(link.rejected | receiver.overflow),
        ]
        return m
