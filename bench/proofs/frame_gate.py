"""The frame gate tells truly that no frame is under way, and keeps it so."""

from amaranth import Module, Mux, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In

from build_decoder.hdl.parts.frame_gate import FrameGate
from build_decoder.sim.inside import Inside, keeps_offers
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF", "UnderWay"]

_PAYLOAD = data.ArrayLayout(2, 2)


class UnderWay:
    """Frames in a decoder, counted from outside: from the first transfer in to the last one out.

    A decoder gives outputs of frames that it has, and the last one of a frame after all its inputs.
    """

    INPUT_BEATS, OUTPUT_BEATS, MOST = 3, 2, 2

    def __init__(self, m: Module, gate: Inside, *, taken, given):
        self.beat, given_beat = Signal(range(self.INPUT_BEATS)), Signal(range(self.OUTPUT_BEATS))
        self.frames = Signal(range(2 * self.MOST + 2))
        begins, ends = Signal(), Signal()
        whole = self.frames - (self.beat != 0)
        m.d.comb += [
            begins.eq(taken & (self.beat == 0)),
            ends.eq(given & (given_beat == self.OUTPUT_BEATS - 1)),
            Assume(~given | (self.frames != 0)),
            Assume(~ends | (whole != 0)),
        ]
        with m.If(taken):
            last = self.beat == self.INPUT_BEATS - 1
            m.d.sync += self.beat.eq(Mux(last, 0, self.beat + 1))
        with m.If(given):
            m.d.sync += given_beat.eq(Mux(ends, 0, given_beat + 1))
        m.d.sync += self.frames.eq(self.frames + begins - ends)
        # The gate counts the same.
        m.submodules.invariants = self.invariants = Module()
        self.invariants.d.comb += [
            Assert(gate.register("frames") == self.frames),
            Assert(gate.register("taken") == self.beat),
            Assert(gate.register("given") == given_beat),
            Assert((self.beat < self.INPUT_BEATS) & (given_beat < self.OUTPUT_BEATS)),
            Assert((self.beat == 0) | (self.frames != 0)),
            Assert(~gate.register("held") | (self.beat == 0)),
        ]

    @classmethod
    def gate(cls, component: type):
        """A frame gate for such frames."""
        return component(
            _PAYLOAD, input_beats=cls.INPUT_BEATS, output_beats=cls.OUTPUT_BEATS, most=cls.MOST
        )


class FrameGateBench(wiring.Component):
    """Frames that come, are held and leave at any time."""

    i: In(stream.Signature(_PAYLOAD))
    ready: In(1)
    given: In(1)
    hold: In(1)

    def __init__(self, component: type):
        self.gate = UnderWay.gate(component)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        gate, inside = self.gate, Inside(self.gate)
        m.submodules.gate = inside.fragment
        wiring.connect(m, wiring.flipped(self.i), gate.i)
        m.d.comb += [
            gate.o.ready.eq(self.ready),
            gate.given.eq(self.given),
            gate.hold.eq(self.hold),
        ]
        taken, passed = gate.i.valid & gate.i.ready, gate.o.valid & gate.o.ready
        under_way = UnderWay(m, inside, taken=passed, given=self.given)
        offer = gate.i.payload.as_value()
        drained = Signal()
        m.d.sync += drained.eq(gate.drained & self.hold)
        m.d.comb += [
            Assume(keeps_offers(m, gate.i.valid, gate.i.ready, offer)),
            Assert(keeps_offers(m, gate.o.valid, gate.o.ready, gate.o.payload.as_value())),
            Assert(taken == passed),
            Assert(~passed | (gate.o.payload.as_value() == offer)),
            Assert(~gate.drained | ((under_way.frames == 0) & ~gate.o.valid)),
            Assert(~drained | gate.drained),
        ]
        return m


PROOF = Proof(
    name="frame_gate",
    claim=(
        "While it says drained, no frame is under way and none begins, as long as it is held; "
        "frames pass whole, and what was offered stays."
    ),
    component=FrameGate,
    bench=FrameGateBench,
    depth=12,
    induction=True,
    fault=Fault(
        "holds the next frame also where it has been offered",
        "with m.Elif(Mux(taken, last, first & ~self.i.valid)):",
        "with m.Elif(Mux(taken, last, first)):",
    ),
)
