"""One frame in, one frame out: memories that a processor writes and reads."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.packer import ResultPacker
from build_decoder.boards.axi.packing import WINDOW_BITS, slot_bits
from build_decoder.boards.axi.registers import RegisterMap
from build_decoder.boards.axi.unpacker import Unpacker
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.shapes import shape_of

__all__ = ["Windows"]

_SPARE_CYCLES_BITS = 2


class Windows(wiring.Component):
    """Memories of a frame in and a frame out, and the way through the decoder.

    While ``busy``, nothing is to be written, and what is read is arbitrary. One word a cycle goes
    in: where the slots of a transfer of the decoder's inputs fill a word, or a part that divides
    it, a transfer goes in each cycle, and ``cycles`` is the decoder's documented latency.

    Parameters
    ----------
    interface
        The decoder's.
    registers
        The map, which has the windows.

    Members
    -------
    address : ``In``
        Number of a word, the same for both windows.
    write, data : ``In``
        Which bytes of the word of the window INPUT are written, and what.
    input_word, output_word : ``Out``
        The word at the ``address`` of a cycle before.
    start : ``In``
        High for one cycle, not while ``busy``: infer the frame.
    busy : ``Out``
        A frame is under way.
    done : ``Out``
        The outputs of one are there.
    cycles : ``Out``
        Of the last frame: from its first transfer on ``x`` to its last one on ``y``. It stops at
        its greatest value, about four times the documented latency.
    x : ``Out``, stream of the decoder's inputs
    y : ``In``, stream of its outputs; always ready
    given, taken : ``Out``
        High for one cycle with the last transfer of a frame on ``x``, and on ``y``.
    """

    def __init__(self, *, interface: Interface, registers: RegisterMap):
        self.interface = interface
        self.inputs, self.outputs = registers.window("INPUT"), registers.window("OUTPUT")
        x_layout = ArrayLayout(shape_of(interface.input_format), interface.input_lanes)
        y_layout = ArrayLayout(shape_of(interface.output_format), 1)
        words = max(self.inputs.words, self.outputs.words)
        cycles_bits = min(32, interface.latency_cycles.bit_length() + _SPARE_CYCLES_BITS)
        super().__init__({
            "address": In((words - 1).bit_length()),
            "write": In(4),
            "data": In(32),
            "input_word": Out(32),
            "output_word": Out(32),
            "start": In(1),
            "busy": Out(1),
            "done": Out(1),
            "cycles": Out(cycles_bits),
            "x": Out(stream.Signature(x_layout)),
            "y": In(stream.Signature(y_layout)),
            "given": Out(1),
            "taken": Out(1),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        # A decoder that does not look at the end of a frame may be done before it has come.
        feeding, collecting = Signal(), Signal()
        begun = Signal()
        m.d.comb += [self.busy.eq(feeding | collecting), self.done.eq(begun & ~self.busy)]
        with m.If(self.start):
            m.d.sync += begun.eq(1)
        self._feed(m, feeding)
        self._collect(m, collecting)
        self._measure(m)
        return m

    def _feed(self, m: Module, feeding: Signal) -> None:
        """The words of the input, one after the other, into the decoder."""
        interface, words = self.interface, self.inputs.words
        m.submodules.input = memory = Memory(shape=WINDOW_BITS, depth=words, init=[])
        write, read = memory.write_port(granularity=8), memory.read_port()
        m.submodules.unpacker = unpacker = Unpacker(
            format=interface.input_format, count=interface.input_count,
            lanes=interface.input_lanes, word_bits=WINDOW_BITS,
        )  # fmt: skip
        index, following = Signal(range(words)), Signal(range(words))
        there = Signal()
        last = index == words - 1
        taken = there & unpacker.i.ready
        m.d.comb += [
            write.addr.eq(self.address),
            write.data.eq(self.data),
            write.en.eq(self.write),
            following.eq(Mux(taken, index + 1, index)),
            read.addr.eq(Mux(self.busy, following, self.address)),
            self.input_word.eq(read.data),
            unpacker.i.payload.eq(read.data),
            unpacker.i.valid.eq(there),
            self.given.eq(unpacker.ended),
        ]
        m.d.sync += [index.eq(following), there.eq(feeding & ~(taken & last))]
        with m.If(self.start):
            m.d.sync += [feeding.eq(1), index.eq(0)]
        with m.Elif(taken & last):
            m.d.sync += feeding.eq(0)
        wiring.connect(m, unpacker.o, wiring.flipped(self.x))

    def _collect(self, m: Module, collecting: Signal) -> None:
        """What the decoder gives, into the words of the output."""
        interface, words = self.interface, self.outputs.words
        # Values of more than a word are written whole.
        row_bits = max(WINDOW_BITS, slot_bits(interface.output_format))
        row_words = row_bits // WINDOW_BITS
        m.submodules.output = memory = Memory(shape=row_bits, depth=words // row_words, init=[])
        write, read = memory.write_port(), memory.read_port()
        m.submodules.packer = packer = ResultPacker(
            format=interface.output_format, count=interface.output_count, word_bits=row_bits
        )
        within = Signal(range(row_words))
        m.d.sync += within.eq(self.address)
        m.d.comb += [
            read.addr.eq(self.address[(row_words - 1).bit_length() :]),
            self.output_word.eq(read.data.word_select(within, WINDOW_BITS)),
            write.data.eq(packer.o.payload),
            write.en.eq(packer.o.valid),
            packer.o.ready.eq(1),
            self.taken.eq(packer.ended),
        ]
        with m.If(self.start):
            m.d.sync += collecting.eq(1)
        with m.Elif(packer.o.valid & packer.last):
            m.d.sync += collecting.eq(0)
        with m.If(packer.o.valid):
            m.d.sync += write.addr.eq(Mux(packer.last, 0, write.addr + 1))
        wiring.connect(m, wiring.flipped(self.y), packer.i)

    def _measure(self, m: Module) -> None:
        begun, running = Signal(), Signal()
        with m.If(self.start):
            m.d.sync += begun.eq(0)
        with m.If(self.x.valid & self.x.ready & ~begun):
            m.d.sync += [begun.eq(1), running.eq(1), self.cycles.eq(1)]
        with m.Elif(running & ~self.taken):
            m.d.sync += self.cycles.eq(self.cycles + ~self.cycles.all())
        with m.If(self.taken):
            m.d.sync += running.eq(0)

