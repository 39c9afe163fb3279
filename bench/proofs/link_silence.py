"""The host link finds back to the start of a request once the host is silent."""

from amaranth import Module, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from build_decoder.boards.protocol import Protocol
from build_decoder.boards.request_receiver import RequestReceiver
from build_decoder.sim.inside import Inside
from build_decoder.sim.proof import Fault, Proof

__all__ = ["BYTE_CYCLES", "FRAME_BYTES", "PROOF", "PROTOCOL", "SILENCE"]

FRAME_BYTES = 2
PROTOCOL = Protocol(idle_byte_times=2)
BYTE_CYCLES = 2

SILENCE = 2 * PROTOCOL.idle_byte_times * BYTE_CYCLES + 4
"""Cycles without a byte after which the receiver looks for a request, waits for ``o`` left out."""


class LinkSilenceBench(wiring.Component):
    """No byte comes; the requests that are offered are taken at any time."""

    intact: In(1)
    taken: In(1)

    def __init__(self, component: type):
        self.receiver = component(
            frame_bytes=FRAME_BYTES, byte_cycles=BYTE_CYCLES, protocol=PROTOCOL
        )
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        receiver = self.receiver
        silent = Signal(range(SILENCE + 1))
        running = Signal()
        m.d.sync += running.eq(1)
        inside = Inside(receiver)
        m.submodules.receiver = inside.fragment
        m.d.comb += [
            Assume(running | inside.in_a_state()),
            receiver.intact.eq(self.intact),
            receiver.o.ready.eq(self.taken),
        ]
        with m.If((silent != SILENCE) & ~(receiver.o.valid & ~self.taken)):
            m.d.sync += silent.eq(silent + 1)
        with m.If(silent == SILENCE):
            offering = inside.ongoing("OFFER")
            m.d.comb += Assert(offering | (inside.ongoing("HUNT") & receiver.i.ready))
        return m


PROOF = Proof(
    name="link_silence",
    claim=(
        "Whatever the receiver of requests is doing, after silence of twice the idle time and 4 "
        "cycles it waits for the first byte of a request."
    ),
    component=RequestReceiver,
    bench=LinkSilenceBench,
    depth=SILENCE + 4,
    induction=False,
    free=("receiver",),
    fault=Fault(
        "does not give up in the middle of a payload",
        """            with m.State("PAYLOAD"):
                receive()
""",
        """            with m.State("PAYLOAD"):
                m.d.comb += [take.eq(1), receiving.eq(1)]
""",
    ),
)
