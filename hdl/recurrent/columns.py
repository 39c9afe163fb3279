"""Columns that wait: first in, first out, or whole frames of them with the last one first."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families import DEFAULT, family_of

__all__ = ["Columns"]


class Columns(wiring.Component):
    """Holds ``places`` columns of ``words``, and goes round and round.

    If ``turned``, a frame has ``places`` columns, and the last one that came is read first. Places
    are taken in the order in which those of the frame before were read, so that the next frame
    comes in while this one is read, without a place more.

    A word is read in the cycle after it was
    addressed, and holds without ``en``.

    Members
    -------
    write : ``In``, 1
    data : ``In``, ``layout``
    write_word : ``In``, ``range(words)``
        Number of the word to write.
    ends : ``In``, 1
        Whether it is the last one of its column.
    word : ``In``, ``range(words)``
        Number of the word to read of the column that is read.
    next : ``In``, 1
        Goes on to the next column.
    en : ``In``, 1
    o : ``Out``, ``layout``
    """

    def __init__(self, layout: data.Layout, *, words: int, places: int, turned: bool):
        self.words, self.places, self.turned = words, places, turned
        super().__init__(
            {
                "write": In(1),
                "data": In(layout),
                "write_word": In(range(words)),
                "ends": In(1),
                "word": In(range(words)),
                "next": In(1),
                "en": In(1),
                "o": Out(layout),
            }
        )

    def elaborate(self, platform):
        m = Module()
        width = len(self.data.as_value())
        word_bits = (self.words - 1).bit_length()
        depth = self.places << word_bits
        in_blocks = (family_of(platform) or DEFAULT).memory.ram_blocks(depth, width)
        m.submodules.memory = memory = Memory(
            shape=width, depth=depth, init=[], attrs={"ram_style": "block"} if in_blocks else {}
        )
        write, read = memory.write_port(), memory.read_port()
        write_place = self._place(m, self.write & self.ends, "write", 0)
        read_place = self._place(m, self.next, "read", self.places - 1 if self.turned else 0)
        m.d.comb += [
            write.en.eq(self.write),
            write.addr.eq(Cat(self.write_word[:word_bits], write_place)),
            write.data.eq(self.data),
            read.en.eq(self.en),
            read.addr.eq(Cat(self.word[:word_bits], read_place)),
            self.o.as_value().eq(read.data),
        ]
        return m

    def _place(self, m: Module, step, name: str, start: int) -> Signal:
        """The place of a column, which goes on with ``step``."""
        last = self.places - 1
        place = Signal(range(self.places), name=f"{name}_place", init=start)
        with m.If(step):
            if not self.turned:
                m.d.sync += place.eq(Mux(place == last, 0, place + 1))
            else:
                # Forth and back: from an end, the next frame goes on in the same place.
                down = Signal(name=f"{name}_down", init=start > 0)
                with m.If(place == Mux(down, 0, last)):
                    m.d.sync += down.eq(~down)
                with m.Else():
                    m.d.sync += place.eq(Mux(down, place - 1, place + 1))
        return place
