"""Frame gate: holds frames back between two of them, and tells when none is under way."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["FrameGate"]


class FrameGate(wiring.Component):
    """Passes whole frames on, combinational, and none while ``hold`` is high.

    A frame that has been offered when ``hold`` rises still passes, so that what is offered stays
    offered; then the next one is held. ``drained`` is high once frames are held and all that passed
    have come out at the other end, and stays until ``hold`` falls. No more frames than ``most`` are
    let in before one comes out.

    Parameters
    ----------
    payload
        Layout of a transfer in.
    input_beats, output_beats
        Transfers of a frame in, and out at the other end.
    most
        Frames that can be under way, or more.

    Members
    -------
    i : ``In``, stream of ``payload``
    o : ``Out``, stream of ``payload``
    given : ``In``, 1, a transfer out at the other end
    hold : ``In``, 1
    drained : ``Out``, 1
    """

    def __init__(self, payload: data.Layout, *, input_beats: int, output_beats: int, most: int):
        self.input_beats, self.output_beats = input_beats, output_beats
        # All codes of the counter.
        self.most = (1 << most.bit_length()) - 1
        super().__init__(
            {
                "i": In(stream.Signature(payload)),
                "o": Out(stream.Signature(payload)),
                "given": In(1),
                "hold": In(1),
                "drained": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        first, last = self._ends(m, self.i.valid & self.i.ready, self.input_beats, "taken")
        _, finished = self._ends(m, self.given, self.output_beats, "given")
        frames = Signal(range(self.most + 1))
        held = Signal()
        closed = Signal()
        taken = Signal()
        m.d.comb += [
            closed.eq(first & (held | (frames == self.most))),
            self.o.valid.eq(self.i.valid & ~closed),
            self.i.ready.eq(self.o.ready & ~closed),
            self.o.payload.eq(self.i.payload),
            taken.eq(self.i.valid & self.i.ready),
            self.drained.eq(held & (frames == 0)),
        ]
        m.d.sync += frames.eq(frames + (taken & first) - (self.given & finished))
        with m.If(~self.hold):
            m.d.sync += held.eq(0)
        with m.Elif(Mux(taken, last, first & ~self.i.valid)):
            m.d.sync += held.eq(1)
        return m

    @staticmethod
    def _ends(m, step, count: int, name: str):
        """Whether the next transfer is the first of a frame of ``count``, and the last one."""
        beat = Signal(range(count), name=name)
        last = beat == count - 1
        if count > 1:
            with m.If(step):
                m.d.sync += beat.eq(Mux(last, 0, beat + 1))
        return beat == 0, last
