"""Asks memory for frames."""

from amaranth import C, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.packing import DDR_BITS
from build_decoder.boards.axi.signatures import Burst, axi3_read

__all__ = ["FrameReader"]

_LONGEST = 16  # beats of a burst


class FrameReader(wiring.Component):
    """Reads frames, which follow one another in memory, in bursts of 1 to 16 beats of 64 bits.

    A burst ends with its frame, and before each multiple of 128 bytes, so it never crosses 4 KiB.
    Bursts are asked for as fast as memory accepts them, without waiting for data; what comes waits
    at ``rready``. Throughput: one beat a cycle.

    Parameters
    ----------
    id_bits
        Bits of an ID; all are 0.
    frame_words
        Words of 64 bits of a frame.

    Members
    -------
    axi : ``Out``, see `signatures.axi3_read`
    source, count : ``In``
        Address of the first frame, in words of 64 bits, and number of frames.
    set_source, set_count : ``In``
        High for one cycle: take ``source``, or ``count`` and begin.
    go : ``In``
        Another frame may be asked for.
    stop : ``In``
        No more are to be; one that was begun is asked for to its end.
    asked : ``Out``
        High for one cycle for each frame, all of which has been asked for.
    asking : ``Out``
        There are frames that have not been asked for, or one is being asked for.
    o : ``Out``, stream of words of 64 bits
    error : ``Out``
        High for one cycle for each word that memory answered with an error.
    """

    def __init__(self, *, id_bits: int, frame_words: int):
        self.frame_words = frame_words
        super().__init__({
            "axi": Out(axi3_read(data_bits=DDR_BITS, id_bits=id_bits)),
            "source": In(29),
            "count": In(32),
            "set_source": In(1),
            "set_count": In(1),
            "go": In(1),
            "stop": In(1),
            "asked": Out(1),
            "asking": Out(1),
            "o": Out(stream.Signature(DDR_BITS)),
            "error": Out(1),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        axi = self.axi
        # An address is a block of 16 words, and a word in it. Frames are counted up to -1.
        block, word, frames = Signal(25), Signal(4), Signal(32, init=-1)
        # Beats but one: of the frame, and up to where a burst ends.
        left = Signal(range(self.frame_words), init=self.frame_words - 1)
        to_boundary = ~word
        ends = left <= to_boundary
        beyond = Signal(5)
        more = ~frames.all()
        next_burst, next_frame = Signal(), Signal()
        m.d.comb += [
            beyond.eq(word + left[:4] + 1),
            axi.araddr.eq(Cat(C(0, 3), word, block)),
            axi.arlen.eq(Mux(ends, left, to_boundary)),
            axi.arsize.eq((DDR_BITS // 8).bit_length() - 1),
            axi.arburst.eq(Burst.INCR),
            self.asking.eq(axi.arvalid | more),
            self.o.payload.eq(axi.rdata),
            self.o.valid.eq(axi.rvalid),
            axi.rready.eq(self.o.ready),
            self.error.eq(axi.rvalid & axi.rready & axi.rresp[1]),
        ]
        # What is set and what is counted go through the same adder.
        with m.If(self.set_source | next_burst):
            m.d.sync += [
                block.eq(
                    Mux(self.set_source, self.source[4:], block)
                    + (~self.set_source & (~ends | beyond[4]))
                ),
                word.eq(Mux(self.set_source, self.source[:4], beyond[:4] & ends.replicate(4))),
            ]
        with m.If(self.set_count | next_frame):
            m.d.sync += frames.eq(Mux(self.set_count, ~self.count, frames) + ~self.set_count)
        with m.If(self.stop):
            m.d.sync += frames.eq(-1)
        with m.If(next_burst):
            # To the boundary are 16 words less those before it.
            rest = left + Cat(word, C((1 << len(left)) - 1, len(left)))
            m.d.sync += left.eq(Mux(ends, self.frame_words - 1, rest))
        with m.FSM():
            with m.State("WAIT"):
                with m.If(more & self.go & ~self.stop):
                    m.d.comb += next_frame.eq(1)
                    m.next = "ASK"

            with m.State("ASK"):
                m.d.comb += axi.arvalid.eq(1)
                with m.If(axi.arready):
                    m.d.comb += next_burst.eq(1)
                    with m.If(ends):
                        m.d.comb += self.asked.eq(1)
                        m.next = "WAIT"
        return m
