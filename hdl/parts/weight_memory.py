"""Weight memory: a ROM that is read round and round in a fixed order."""

import numpy as np
from amaranth import Cat, Const, Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.planning.weight_rows import different_columns

__all__ = ["WeightMemory"]


class WeightMemory(wiring.Component):
    """Rows of weights, the next one after each ``advance``, the first again after the last.

    The order never depends on data, so rows are fetched ahead of their use, at no cost in latency:
    a row is in the memory's own output register until ``load``, when the multipliers' registers
    take it and the next one is fetched. ``ready`` rises two cycles after reset and stays, or three
    where a family's block RAMs have a register behind the first one; from then on the multipliers
    hold the current row. ``weights`` is the row that the next ``load`` takes; it
    changes behind a ``load`` alone, and ``load`` is high with ``advance``, before ``ready``, and
    never else. A single row is constant, always ready, and never loaded.

    Columns of bits that are constant are not stored, equal ones once. What is left is in block RAM
    where that costs less, and else in LUTs.

    Parameters
    ----------
    shape
        Shape of a weight.
    rows
        Raw int64 (rows, inputs_per_lane, lanes).

    Members
    -------
    advance : ``In``, 1
    ready : ``Out``, 1
    load : ``Out``, 1
    weights : ``Out``, array of ``inputs_per_lane`` arrays of ``lanes``
    """

    def __init__(self, *, shape: Shape, rows: np.ndarray):
        self.rows = rows
        _, inputs_per_lane, lanes = rows.shape
        self.layout = data.ArrayLayout(data.ArrayLayout(shape, lanes), inputs_per_lane)
        super().__init__(
            {"advance": In(1), "ready": Out(1), "load": Out(1), "weights": Out(self.layout)}
        )

    def elaborate(self, platform):
        m = Module()
        if len(self.rows) == 1:
            m.d.comb += [
                self.weights.eq(self.layout.const(self.rows[0].tolist())),
                self.ready.eq(1),
            ]
            return m

        # Equal columns are stored once, constant ones not at all.
        words = self.rows.reshape(len(self.rows), -1)
        columns, places = different_columns(words, len(self.weights[0][0]))
        address = Signal(range(len(words)))
        stored = Signal(len(columns))
        first = self.layout.const(self.rows[0].tolist()).as_bits()
        block_rom = self._block_rom(columns, platform)
        fetched = Signal(1 if block_rom is None else 2)
        m.d.comb += [
            self.load.eq(self.advance | ~self.ready),
            self.weights.eq(
                Cat(
                    Const(first >> bit & 1, 1) if place < 0 else stored[place]
                    for bit, place in enumerate(places.tolist())
                )
            ),
        ]
        with m.If(self.load):
            m.d.sync += [
                address.eq(Mux(address == Const(len(words) - 1), 0, address + 1)),
                Cat(fetched, self.ready).eq(Cat(1, fetched)),
            ]
        if block_rom is not None:
            rows = [_as_int(row) for row in columns.T]
            m.d.comb += stored.eq(block_rom.read(m, rows, address, self.load))
        elif len(columns):
            self._read(m, columns, address, stored, platform)
        return m

    @staticmethod
    def _block_rom(columns: np.ndarray, platform):
        """The ROM in block RAMs with a register behind each; None where the family has none, where
        it would be larger, and where LUTs cost less."""
        count, rows = columns.shape
        block_rom = native_part(platform, "block_rom")
        if block_rom is None or not family_of(platform).memory.fits_block_ram(rows, count):
            return None
        return block_rom.of(rows, count)

    def _read(self, m: Module, columns: np.ndarray, address: Signal, stored: Signal, platform):
        """Register the row at ``address`` in ``stored`` on ``load``."""
        count, rows = columns.shape
        in_blocks = (family_of(platform) or DEFAULT).memory.fits_block_ram(rows, count)
        lut_rom = native_part(platform, "rom")
        if lut_rom is not None and not in_blocks:
            tables = [_as_int(column) for column in columns]
            with m.If(self.load):
                m.d.sync += stored.eq(lut_rom(m, tables, rows, address))
            return
        m.submodules.memory = memory = Memory(
            shape=count,
            depth=rows,
            init=[_as_int(row) for row in columns.T],
            attrs={"ram_style": "block"} if in_blocks else {},
        )
        port = memory.read_port()
        m.d.comb += [port.en.eq(self.load), port.addr.eq(address), stored.eq(port.data)]


def _as_int(bits: np.ndarray) -> int:
    """Bits as a number, the first lowest."""
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
