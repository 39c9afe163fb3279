"""Weights of a unit, in block RAMs as far as it fills these, and else in LUTs."""

import numpy as np
from amaranth import Cat, Const, Module, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.parallel_stack.columns_of_bits import in_block_rams
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.parts.read_only_table import read_only_table
from build_decoder.hdl.planning.weight_rows import different_columns

__all__ = ["UnitWeights"]


class UnitWeights(wiring.Component):
    """The row of weights at an address, a cycle after it.

    Columns of bits that are constant are not stored, equal ones once. Those that take most LUTs are
    in block RAMs, as many as cost less there.

    Parameters
    ----------
    shape
        Shape of a weight.
    rows
        Raw int64 (rows, weights).

    Members
    -------
    address, address_then : ``In``
        Number of the row, and the same a cycle later, for what is in LUTs.
    weights : ``Out``, array of weights
    """

    def __init__(self, *, shape: Shape, rows: np.ndarray):
        self.rows = rows
        count, weights = rows.shape
        super().__init__(
            {
                "address": In(range(count)),
                "address_then": In(range(count)),
                "weights": Out(data.ArrayLayout(shape, weights)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        rules = (family_of(platform) or DEFAULT).memory
        columns, places = different_columns(self.rows, len(self.weights[0]))
        stored = Signal(max(len(columns), 1))
        blocks = in_block_rams(columns, rules)
        if blocks.any():
            m.submodules.memory = memory = Memory(
                shape=int(blocks.sum()), depth=len(self.rows),
                init=[_as_int(row) for row in columns[blocks].T], attrs={"ram_style": "block"},
            )
            read = memory.read_port()
            m.d.comb += read.addr.eq(self.address)
            m.d.comb += Cat(stored[int(n)] for n in np.flatnonzero(blocks)).eq(read.data)
        tables = [_as_int(column) for column in columns[~blocks]]
        if tables:
            rom = native_part(platform, "rom")
            if rom is not None:
                read = rom(m, tables, len(self.rows), self.address_then)
            else:
                read = Cat(_table(table, len(self.rows), self.address_then) for table in tables)
            m.d.comb += Cat(stored[int(n)] for n in np.flatnonzero(~blocks)).eq(read)
        first = self.weights.shape().const(self.rows[0].tolist()).as_bits()
        m.d.comb += self.weights.as_value().eq(
            Cat(
                Const(first >> bit & 1, 1) if place < 0 else stored[place]
                for bit, place in enumerate(places.tolist())
            )
        )
        return m


def _table(table: int, rows: int, address) -> Cat:
    return read_only_table([table >> row & 1 for row in range(rows)], address)


def _as_int(bits: np.ndarray) -> int:
    """Bits as a number, the first lowest."""
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
