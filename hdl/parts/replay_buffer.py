"""Replay buffer: one frame of inputs, kept for the later passes over it."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["ReplayBuffer"]


class ReplayBuffer(wiring.Component):
    """Holds ``beats`` words, written once at their beat and read in that order again and again.

    ``beat`` is the beat of this cycle and ``next_beat`` of the next one, all that is needed
    to fetch in time: ``replayed`` is always the word of ``beat``. A word may be read in the cycle
    after it was written. Without ``write``, ``data`` is not looked at.

    Members
    -------
    write : ``In``, 1
    beat, next_beat : ``In``, ``range(beats)``
    data : ``In``, ``layout``
    replayed : ``Out``, ``layout``
    """

    def __init__(self, layout: data.Layout, *, beats: int):
        self.beats = beats
        super().__init__(
            {
                "write": In(1),
                "beat": In(range(beats)),
                "next_beat": In(range(beats)),
                "data": In(layout),
                "replayed": Out(layout),
            }
        )

    def elaborate(self, platform):
        m = Module()
        width = len(self.data.as_value())
        m.submodules.memory = memory = Memory(shape=width, depth=self.beats, init=[])
        write, read = memory.write_port(), memory.read_port()
        # A write in the cycle of a read is forwarded outside the memory, which block RAMs lack.
        forwarded = Signal(width)
        forward = Signal()
        m.d.comb += [
            write.en.eq(self.write),
            write.addr.eq(self.beat),
            write.data.eq(self.data),
            read.addr.eq(self.next_beat),
            self.replayed.eq(Mux(forward, forwarded, read.data)),
        ]
        m.d.sync += [
            forward.eq(self.write & (self.beat == self.next_beat)),
            forwarded.eq(self.data),
        ]
        return m
