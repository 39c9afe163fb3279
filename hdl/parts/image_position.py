"""Where in an image a bit is: parts of rows of words of bits."""

from collections.abc import Sequence

from amaranth import Array, Const, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.planning.writable import WORD_BITS, Writable

__all__ = ["ImagePosition"]


class ImagePosition(wiring.Component):
    """Counts bits of words of rows of parts, one with each ``shift``, from where ``begin`` sets it
    back to. In the last part it stays.

    Parameters
    ----------
    parts
        Rows, and bits of a row.

    Members
    -------
    begin, shift : ``In``, 1
    bit, word, row, part : ``Out``, numbers
    word_done, row_done : ``Out``, 1, this bit is the last one of a word, of a row
    """

    def __init__(self, parts: Sequence[Writable]):
        self.parts = parts
        super().__init__(
            {
                "begin": In(1),
                "shift": In(1),
                "bit": Out(range(WORD_BITS)),
                "word": Out(range(max(part.row_words for part in parts))),
                "row": Out(range(max(part.rows for part in parts))),
                "part": Out(range(len(parts))),
                "word_done": Out(1),
                "row_done": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        last_word = self.word == self._of_part([part.row_words - 1 for part in self.parts])
        last_row = self.row == self._of_part([part.rows - 1 for part in self.parts])
        m.d.comb += [
            self.word_done.eq(self.shift & self.bit.all()),
            self.row_done.eq(self.word_done & last_word),
        ]
        with m.If(self.shift):
            m.d.sync += self.bit.eq(self.bit + 1)
        with m.If(self.word_done):
            m.d.sync += self.word.eq(Mux(last_word, 0, self.word + 1))
        with m.If(self.row_done):
            m.d.sync += self.row.eq(Mux(last_row, 0, self.row + 1))
            with m.If(last_row & (self.part != len(self.parts) - 1)):
                m.d.sync += self.part.eq(self.part + 1)
        with m.If(self.begin):
            m.d.sync += [
                counter.eq(0) for counter in (self.bit, self.word, self.row, self.part)
            ]
        return m

    def _of_part(self, numbers: Sequence[int]):
        return Array(Const(n, range(max(numbers) + 1)) for n in numbers)[self.part]
