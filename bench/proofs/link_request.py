"""The host link takes a right request, whatever came before a silence."""

from amaranth import Array, C, Cat, Module, Mux, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.bench.proofs.link_silence import (
    BYTE_CYCLES,
    FRAME_BYTES,
    PROTOCOL,
)
from build_decoder.boards.protocol import Command, Status
from build_decoder.boards.request_receiver import RequestReceiver
from build_decoder.sim.inside import Inside
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_LONGEST = PROTOCOL.request_bytes(FRAME_BYTES)
_SILENCE = 1
"""Cycles without a byte, behind a silence as `link_silence` has it."""

_PAUSE = 1
"""Most cycles in which a byte could be taken and is not there."""
_OFFER = 5
"""Cycles after which the request is offered; one more than its latency, since the end is seen."""


class LinkRequestBench(wiring.Component):
    """A receiver that waits, then an INFO or an INFER request, each byte a cycle late at most.

    Of the checksum, which is proven by simulation against `binascii.crc_hqx`, the bench has the
    contract alone: it tells that a request is intact if it was shown what is between sync byte and
    end, once and in order, at least 2 cycles ago. Before, it tells anything.
    """

    info: In(1)
    tag: In(8)
    payload: In(8 * FRAME_BYTES)
    crc: In(16)
    pause: In(1)
    intact: In(1)

    def __init__(self, component: type):
        self.receiver = component(
            frame_bytes=FRAME_BYTES, byte_cycles=BYTE_CYCLES, protocol=PROTOCOL
        )
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        receiver = self.receiver
        running = Signal()
        m.d.sync += running.eq(1)
        inside = Inside(receiver)
        m.submodules.receiver = inside.fragment
        m.d.comb += Assume(running | (inside.ongoing("HUNT") & receiver.i.ready))

        constant = Cat(self.info, self.tag, self.payload, self.crc)
        first = Signal.like(constant)
        m.d.sync += first.eq(constant)
        m.d.comb += Assume(~running | (first == constant))

        command = Mux(self.info, Command.INFO, Command.INFER)
        head = [C(PROTOCOL.request_sync, 8), command[:8] | C(0, 8), self.tag]
        payload = [self.payload.word_select(n, 8) for n in range(FRAME_BYTES)]

        def request(data):
            sent = [*head, C(len(data), 8), C(0, 8), *data, self.crc[8:], self.crc[:8]]
            return [*sent, *[C(0, 8)] * (_LONGEST - len(sent))], len(sent)

        (about, short), (infer, long) = request([]), request(payload)
        count = Mux(self.info, short, long)
        silent, number = Signal(range(_SILENCE + 1)), Signal(range(_LONGEST + 1))
        sending = silent == _SILENCE
        with m.If(~sending):
            m.d.sync += silent.eq(silent + 1)
        left = sending & (number != count)
        pauses = Signal(range(_PAUSE + 2))
        with m.If(receiver.i.valid & receiver.i.ready):
            m.d.sync += [number.eq(number + 1), pauses.eq(0)]
        with m.Elif(receiver.i.ready & left):
            m.d.sync += pauses.eq(pauses + 1)
        m.d.comb += [
            receiver.i.valid.eq(left & ~self.pause),
            receiver.i.payload.eq(Mux(self.info, Array(about)[number], Array(infer)[number])),
            Assume(pauses <= _PAUSE),
            receiver.o.ready.eq(~sending),
        ]

        covered, shown, settled = receiver.covered, Signal(range(_LONGEST + 1)), Signal()
        byte = Mux(self.info, Array(about)[shown + 1], Array(infer)[shown + 1])
        with m.If(covered.start):
            m.d.sync += shown.eq(0)
        with m.If(covered.valid):
            m.d.sync += shown.eq(shown + 1)
            m.d.comb += Assert(~sending | (covered.byte == byte))
        whole = sending & (shown == count - 1)
        m.d.sync += settled.eq(whole)
        m.d.comb += receiver.intact.eq(settled | self.intact)

        written = Array(Signal(8, name=f"written_{n}") for n in range(FRAME_BYTES))
        with m.If(receiver.write):
            m.d.sync += written[receiver.address].eq(receiver.byte)
        waited = Signal(range(_OFFER + 1))
        with m.If(sending & ~left & (waited != _OFFER)):
            m.d.sync += waited.eq(waited + 1)
        with m.If(waited == _OFFER):
            offered = receiver.o.payload
            m.d.comb += [
                Assert(receiver.o.valid),
                Assert(offered.status == Status.OK),
                Assert(offered.command == command),
                Assert(offered.tag == self.tag),
            ]
            with m.If(~self.info):
                m.d.comb += [
                    Assert(written[FRAME_BYTES - 1 - n] == byte) for n, byte in enumerate(payload)
                ]
        return m


PROOF = Proof(
    name="link_request",
    claim=(
        "When the receiver waits as after such a silence, whatever came before, the next right "
        "request is taken, and as it is."
    ),
    component=RequestReceiver,
    bench=LinkRequestBench,
    depth=_SILENCE + (_PAUSE + 2) * _LONGEST + _OFFER + 3,
    induction=False,
    free=("receiver",),
    fault=Fault(
        "asks for the checksum a cycle before it is known",
        'm.next = "SETTLE"',
        'm.next = "DECIDE"',
    ),
)
