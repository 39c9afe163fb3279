"""Words of memory as a decoder's inputs."""

import math

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from build_decoder.boards.axi.packing import slot_bits
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.number_format import NumberFormat

__all__ = ["Unpacker"]


class Unpacker(wiring.Component):
    """Makes transfers of ``lanes`` values of words, in the layout of `boards.axi.packing`.

    With two lanes and eight slots a word::

        word    | v0 v1 v2 v3 v4 v5 v6 v7 | v8 ...
        o         v0,1  v2,3  v4,5  v6,7    v8,9 ...

    Of a word, one part a cycle is looked at: as many bits as divide both a transfer and a word. A
    transfer that is one part is the word itself behind a multiplexer: no cycle of latency, and one
    transfer a cycle. One of several parts is gathered, in so many cycles, one cycle before.

    Parameters
    ----------
    format
        Of the values.
    count
        Values of a frame, which begins with a word; slots left over in its last one are ignored.
    lanes
        Values of a transfer. Lanes behind the end of a frame hold arbitrary ones.
    word_bits
        Bits of a word.

    Members
    -------
    i : ``In``, stream of words
    o : ``Out``, stream of arrays of ``lanes`` values
    ended : ``Out``
        High in the cycle in which the last transfer of a frame is taken.
    within : ``Out``
        Of some frame, a part of a word has been taken, and not all transfers.
    """

    def __init__(self, *, format: NumberFormat, count: int, lanes: int, word_bits: int):
        self.format = format
        self.lanes = lanes
        self.word_bits = word_bits
        row_bits = lanes * slot_bits(format)
        self.part_bits = math.gcd(row_bits, word_bits)
        self.transfer_parts = row_bits // self.part_bits
        """Cycles that a transfer takes."""
        self.frame_parts = -(-count * slot_bits(format) // self.part_bits)
        super().__init__({
            "i": In(stream.Signature(word_bits)),
            "o": Out(stream.Signature(ArrayLayout(shape_of(format), lanes))),
            "ended": Out(1),
            "within": Out(1),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        number = Signal(range(self.frame_parts))
        last = number == self.frame_parts - 1
        within = number[: (self.word_bits // self.part_bits - 1).bit_length()]
        part = self.i.payload.word_select(within, self.part_bits)
        taken = Signal()
        m.d.comb += self.i.ready.eq(taken & (within.all() | last))
        with m.If(taken & self.i.valid):
            m.d.sync += number.eq(Mux(last, 0, number + 1))

        if self.transfer_parts == 1:
            row = part
            m.d.comb += [
                self.o.valid.eq(self.i.valid),
                self.within.eq(number != 0),
                taken.eq(self.o.ready),
                self.ended.eq(last & self.o.valid & self.o.ready),
            ]
        else:
            row = Signal(self.part_bits * self.transfer_parts)
            place = Signal(range(self.transfer_parts))
            ends = Signal()
            full = place == self.transfer_parts - 1
            m.d.comb += [
                self.within.eq((number != 0) | self.o.valid),
                taken.eq(~self.o.valid | self.o.ready),
                self.ended.eq(ends & self.o.valid & self.o.ready),
            ]
            with m.If(self.o.ready):
                m.d.sync += self.o.valid.eq(0)
            with m.If(taken & self.i.valid):
                m.d.sync += [
                    row.word_select(place, self.part_bits).eq(part),
                    self.o.valid.eq(full | last),
                    ends.eq(last),
                    place.eq(Mux(full | last, 0, place + 1)),
                ]
        for lane in range(self.lanes):
            start = lane * slot_bits(self.format)
            m.d.comb += self.o.payload[lane].eq(row[start : start + self.format.width])
        return m
