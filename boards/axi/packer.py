"""A decoder's outputs as words of memory."""

from amaranth import Module, Mux, Shape, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.packing import slot_bits
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.number_format import NumberFormat

__all__ = ["ResultPacker"]


class ResultPacker(wiring.Component):
    """Gathers single values into words, in the layout of `boards.axi.packing`.

    A word is seen one cycle after its last value. Throughput: one value a cycle, and none while a
    word waits.

    Parameters
    ----------
    format
        Of the values.
    count
        Values of a frame; slots left over in its last word are 0.
    word_bits
        Bits of a word, at least those of a slot.

    Members
    -------
    i : ``In``, stream of arrays of 1 value
    o : ``Out``, stream of words
    last : ``Out``
        The word on ``o`` is the last of a frame.
    ended : ``Out``
        High in the cycle in which the last value of a frame is taken.
    """

    def __init__(self, *, format: NumberFormat, count: int, word_bits: int):
        self.format = format
        self.count = count
        self.word_bits = word_bits
        super().__init__({
            "i": In(stream.Signature(ArrayLayout(shape_of(format), 1))),
            "o": Out(stream.Signature(word_bits)),
            "last": Out(1),
            "ended": Out(1),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        slot = slot_bits(self.format)
        slots = self.word_bits // slot
        number = Signal(range(self.count))
        within = number[: (slots - 1).bit_length()]
        ends = number == self.count - 1
        extended = Signal(Shape(slot, self.format.signed))
        taken = self.i.valid & self.i.ready
        m.d.comb += [
            extended.eq(self.i.payload[0]),
            self.i.ready.eq(~self.o.valid | self.o.ready),
            self.ended.eq(taken & ends),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(taken):
            m.d.sync += [
                self.o.valid.eq(within.all() | ends),
                self.last.eq(ends),
                number.eq(Mux(ends, 0, number + 1)),
            ]
            for place in range(min(slots, self.count)):
                kept = self.o.payload.word_select(place, slot)
                with m.If(within == place):
                    m.d.sync += kept.eq(extended)
                # Last, so that it becomes a flip-flop's reset.
                if place:
                    with m.If(within == 0):
                        m.d.sync += kept.eq(0)
        return m
