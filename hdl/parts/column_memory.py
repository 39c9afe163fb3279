"""Column memory: columns that come in, and blocks of them that are read."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.parts.mux_tree import mux_tree
from build_decoder.hdl.planning.column_store import ColumnStore

__all__ = ["ColumnMemory"]


class ColumnMemory(wiring.Component):
    """Holds columns of words, and reads ``times`` columns by ``rows`` words of them in a cycle.

    A block begins at ``word`` of the column in ``place``; its other words are behind that one, and
    its other columns in the places behind that one, round and round. It is in ``block`` two cycles
    later: one for the memories, and one in which each value is selected from its bank. What is not
    ``inside``, told with the address, is zero: windows may reach beyond an image, where nothing is
    kept.

    A word may be read in the cycle after it was written. What is read in the cycle in which it is
    written is not defined.

    Parameters
    ----------
    layout
        Of a word.
    store
        Columns, and what is read of them at once.

    Members
    -------
    write : ``In``, 1
    write_place, write_word : ``In``, ``data`` : ``In``, ``layout``
    place, word : ``In``
    inside : ``In``, ``times`` by ``rows`` bits
    block : ``Out``, ``times`` by ``rows`` words
    """

    def __init__(self, layout: data.Layout, store: ColumnStore):
        self.store = store
        rows = data.ArrayLayout(layout, store.rows)
        super().__init__(
            {
                "write": In(1),
                "write_place": In(range(store.places)),
                "write_word": In(store.word_bits),
                "data": In(layout),
                "place": In(range(store.places)),
                "word": In(store.word_bits),
                "inside": In(data.ArrayLayout(store.rows, store.times)),
                "block": Out(data.ArrayLayout(rows, store.times)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        store = self.store
        time_bits = (store.time_banks - 1).bit_length()
        row_bits = (store.row_banks - 1).bit_length()
        words = [
            [
                self._bank(m, platform, time, row, time_bits, row_bits)
                for row in range(store.row_banks)
            ]
            for time in range(store.time_banks)
        ]
        first_time, first_row = Signal(time_bits), Signal(row_bits)
        inside = Signal.like(self.inside)
        m.d.sync += [
            first_time.eq(self.place[:time_bits]),
            first_row.eq(self.word[:row_bits]),
            inside.eq(self.inside),
        ]
        times = [(first_time + time)[:time_bits] for time in range(store.times)]
        rows = [(first_row + row)[:row_bits] for row in range(store.rows)]
        if store.times_first:
            of_time = [
                [mux_tree(m, list(banks), time) for banks in zip(*words, strict=True)]
                for time in times
            ]
            values = [[mux_tree(m, banks, row) for row in rows] for banks in of_time]
        else:
            of_row = [[mux_tree(m, banks, row) for banks in words] for row in rows]
            values = [[mux_tree(m, banks, time) for banks in of_row] for time in times]
        for time, of_rows in enumerate(values):
            for row, value in enumerate(of_rows):
                m.d.sync += self.block[time][row].eq(Mux(inside[time][row], value, 0))
        return m

    def _bank(self, m: Module, platform, time: int, row: int, time_bits: int, row_bits: int):
        """What is read of a bank."""
        store = self.store
        width = len(Value.cast(self.data))
        in_blocks = (family_of(platform) or DEFAULT).memory.ram_blocks(store.depth, width)
        m.submodules[f"bank_{time}_{row}"] = memory = Memory(
            shape=width,
            depth=store.depth,
            init=[],
            attrs={"ram_style": "block"} if in_blocks else {},
        )
        write, read = memory.write_port(), memory.read_port()
        here = (self.write_place[:time_bits] == time) & (self.write_word[:row_bits] == row)
        m.d.comb += [
            write.en.eq(self.write & here),
            write.addr.eq(Cat(self.write_word[row_bits:], self.write_place[time_bits:])),
            write.data.eq(self.data),
        ]
        # A bank before that of the block's first word has one of the next round.
        word = self.word[row_bits:] + (self.word[:row_bits] > row)
        rounds = store.places // store.time_banks
        turn = self.place[time_bits:]
        if store.time_banks > 1:
            next_turn = Mux(turn == rounds - 1, 0, turn + 1)
            turn = Mux(self.place[:time_bits] > time, next_turn, turn)
        m.d.comb += read.addr.eq(
            Cat(word[: store.word_bits - row_bits], turn[: (rounds - 1).bit_length()])
        )
        return read.data
