"""Frames from memory through the decoder, and results to memory."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.frame_reader import FrameReader
from build_decoder.boards.axi.packer import ResultPacker
from build_decoder.boards.axi.packing import DDR_BITS, frame_words
from build_decoder.boards.axi.result_writer import ResultWriter
from build_decoder.boards.axi.signatures import axi3
from build_decoder.boards.axi.unpacker import Unpacker
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.shapes import shape_of

__all__ = ["FrameMover"]

_INSIDE_BITS = 8


class FrameMover(wiring.Component):
    """Infers COUNT frames from SRC to DST.

    They go this way::

        axi (reads) --> FrameReader --> Unpacker --> x   the decoder   y --> ResultPacker --+
        axi (writes) <-- ResultWriter <-----------------------------------------------------+

    Up to 255 frames are on their way. Once memory answers with an error, no more frames are asked
    for; those that were asked for go their way, with whatever memory answered, so that the decoder
    is left between two frames. What is at DST is then not to be used.

    Parameters
    ----------
    interface
        The decoder's.
    id_bits
        Bits of an ID; all are 0.

    Members
    -------
    axi : ``Out``, see `signatures.axi3`
    start : ``In``
        High for one cycle, not while ``busy``: begin.
    fetch : ``Out``
        High for one cycle: SRC, DST and COUNT are wanted.
    given, word : ``In``
        Bits 0, 1 and 2 are high for the cycle in which ``word`` is SRC, DST and COUNT, in turn.
    busy : ``Out``
        Frames are under way.
    error : ``Out``
        Memory answered with an error since ``start``.
    refused : ``Out``
        High for one cycle: SRC or DST is no multiple of 8, and nothing was done.
    x : ``Out``, stream of the decoder's inputs
    y : ``In``, stream of its outputs
    given_frame, taken_frame : ``Out``
        High for one cycle with the last transfer of a frame on ``x``, and on ``y``.
    """

    def __init__(self, *, interface: Interface, id_bits: int):
        self.interface = interface
        self.id_bits = id_bits
        x_layout = ArrayLayout(shape_of(interface.input_format), interface.input_lanes)
        y_layout = ArrayLayout(shape_of(interface.output_format), 1)
        super().__init__({
            "axi": Out(axi3(data_bits=DDR_BITS, id_bits=id_bits)),
            "start": In(1),
            "fetch": Out(1),
            "given": In(3),
            "word": In(32),
            "busy": Out(1),
            "error": Out(1),
            "refused": Out(1),
            "x": Out(stream.Signature(x_layout)),
            "y": In(stream.Signature(y_layout)),
            "given_frame": Out(1),
            "taken_frame": Out(1),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        interface = self.interface
        format, count = interface.input_format, interface.input_count
        m.submodules.reader = reader = FrameReader(
            id_bits=self.id_bits, frame_words=frame_words(format, count, DDR_BITS)
        )
        m.submodules.unpacker = unpacker = Unpacker(
            format=format, count=count, lanes=interface.input_lanes, word_bits=DDR_BITS
        )
        m.submodules.packer = packer = ResultPacker(
            format=interface.output_format, count=interface.output_count, word_bits=DDR_BITS
        )
        m.submodules.writer = writer = ResultWriter(id_bits=self.id_bits)
        wiring.connect(m, reader.o, unpacker.i)
        wiring.connect(m, unpacker.o, wiring.flipped(self.x))
        wiring.connect(m, wiring.flipped(self.y), packer.i)
        wiring.connect(m, packer.o, writer.i)
        for part in (reader.axi, writer.axi):
            for name, member in part.signature.members.items():
                ours, theirs = getattr(self.axi, name), getattr(part, name)
                m.d.comb += ours.eq(theirs) if member.flow is Out else theirs.eq(ours)

        # Frames that were asked for and have not been written.
        inside = Signal(_INSIDE_BITS)
        written = packer.o.valid & packer.o.ready & packer.last
        with m.If(reader.asked ^ written):
            m.d.sync += inside.eq(inside + Mux(written, -1, 1))
        m.d.comb += [reader.go.eq(~inside.all()), reader.stop.eq(self.error)]

        with m.If(self.start):
            m.d.sync += self.error.eq(0)
        with m.If(reader.error | writer.error):
            m.d.sync += self.error.eq(1)

        bad = Signal()
        m.d.comb += [
            self.fetch.eq(self.start),
            reader.source.eq(self.word[3:]),
            reader.set_source.eq(self.given[0]),
            writer.target.eq(self.word[3:]),
            writer.set_target.eq(self.given[1]),
            reader.count.eq(self.word),
            self.given_frame.eq(unpacker.ended),
            self.taken_frame.eq(packer.ended),
        ]
        with m.FSM() as fsm:
            m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                m.d.sync += bad.eq(0)
                with m.If(self.start):
                    m.next = "FETCH"

            with m.State("FETCH"):
                with m.If(self.given[:2].any()):
                    m.d.sync += bad.eq(bad | self.word[:3].any())
                with m.If(self.given[2]):
                    m.d.comb += [reader.set_count.eq(~bad), self.refused.eq(bad)]
                    m.next = "RUN"
                    with m.If(bad):
                        m.next = "IDLE"

            with m.State("RUN"):
                # A decoder that does not look at the end of a frame may be done before it has come.
                with m.If(~(reader.asking | inside.any() | writer.busy | unpacker.within)):
                    m.next = "IDLE"
        return m
