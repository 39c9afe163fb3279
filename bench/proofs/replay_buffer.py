"""A replay buffer gives back what was written last at a beat."""

from amaranth import Module, Signal
from amaranth.hdl import Assert, Assume
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from build_decoder.sim.inside import opened
from build_decoder.sim.proof import Fault, Proof

__all__ = ["PROOF"]

_BEATS = 5
_LAYOUT = data.ArrayLayout(4, 2)


class ReplayBufferBench(wiring.Component):
    """At the beat ``chosen``, the buffer shows what was last written at that beat.

    Beats come in any order, as long as ``next_beat`` tells each.
    """

    write: In(1)
    next_beat: In(range(_BEATS))
    data: In(_LAYOUT)
    chosen: In(range(_BEATS))

    def __init__(self, component: type):
        self.buffer = component(_LAYOUT, beats=_BEATS)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.buffer = buffer = self.buffer
        memory = opened(buffer).submodules.memory
        look = memory.read_port(domain="comb")
        beat = Signal(range(_BEATS))
        chosen, started = Signal.like(self.chosen), Signal()
        m.d.sync += [beat.eq(self.next_beat), chosen.eq(self.chosen), started.eq(1)]
        m.d.comb += [
            buffer.write.eq(self.write),
            buffer.beat.eq(beat),
            buffer.next_beat.eq(self.next_beat),
            buffer.data.eq(self.data),
            look.addr.eq(self.chosen),
            Assume(self.next_beat < _BEATS),
            Assume(self.chosen < _BEATS),
            Assume(~started | (self.chosen == chosen)),
        ]
        written, kept = Signal(), Signal(_LAYOUT.size)
        here = beat == self.chosen
        with m.If(self.write & here):
            m.d.sync += [written.eq(1), kept.eq(self.data)]
        with m.If(written & here):
            m.d.comb += Assert(buffer.replayed.as_value() == kept)
        m.submodules.invariants = known = Module()
        known.d.comb += Assert(~written | (look.data == kept))
        return m


PROOF = Proof(
    name="replay_buffer",
    claim="At each beat it shows what was last written at that beat, from the next cycle on.",
    component=ReplayBuffer,
    bench=ReplayBufferBench,
    depth=8,
    induction=True,
    fault=Fault(
        "forwards nothing where a word is read as it is written",
        "forward.eq(self.write & (self.beat == self.next_beat))",
        "forward.eq(0)",
    ),
)
