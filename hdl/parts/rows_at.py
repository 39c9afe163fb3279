"""Rows of weights that are read in any order."""

import numpy as np
from amaranth import Cat, Const, Module, Shape, Signal, Value
from amaranth.lib import data
from amaranth.lib.memory import Memory

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.planning.weight_rows import different_columns

__all__ = ["rows_at"]


def rows_at(
    m: Module, shape: Shape, rows: np.ndarray, address: Value, platform
) -> data.View:
    """The row at ``address``, a cycle later: array of ``inputs`` arrays of ``neurons`` weights.

    Equal columns of bits are stored once, constant ones not at all.

    Parameters
    ----------
    shape
        Shape of a weight.
    rows
        Raw int64 (rows, inputs, neurons).
    """
    count, inputs, neurons = rows.shape
    layout = data.ArrayLayout(data.ArrayLayout(shape, neurons), inputs)
    words = rows.reshape(count, -1)
    columns, places = different_columns(words, Shape.cast(shape).width)
    stored = _read(m, columns, address, platform) if len(columns) else None
    first = layout.const(rows[0].tolist()).as_bits()
    bits = Cat(
        Const(first >> bit & 1, 1) if place < 0 else stored[place]
        for bit, place in enumerate(places.tolist())
    )
    return data.View(layout, bits)


def _read(m: Module, columns: np.ndarray, address: Value, platform) -> Value:
    count, rows = columns.shape
    in_blocks = (family_of(platform) or DEFAULT).memory.fits_block_ram(rows, count)
    lut_rom = native_part(platform, "rom")
    if lut_rom is not None and not in_blocks:
        # Weights have registers of their own, behind this.
        held = Signal.like(address, reset_less=True)
        m.d.sync += held.eq(address)
        return lut_rom(m, [_as_int(column) for column in columns], rows, held)
    m.submodules += (memory := Memory(
        shape=count,
        depth=rows,
        init=[_as_int(row) for row in columns.T],
        attrs={"ram_style": "block"} if in_blocks else {},
    ))
    port = memory.read_port()
    m.d.comb += port.addr.eq(address)
    return port.data


def _as_int(bits: np.ndarray) -> int:
    """Bits as a number, the first lowest."""
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
