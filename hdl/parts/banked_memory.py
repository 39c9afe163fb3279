"""Two banks of rows: one is read while the other is written."""

from collections.abc import Sequence

import numpy as np
from amaranth import Cat, Const, Module, Value
from amaranth.lib.memory import Memory

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.parts.mux_tree import mux_tree
from build_decoder.hdl.parts.native import native_part

__all__ = ["banked_memory"]


def banked_memory(
    m: Module, port, rows: np.ndarray, row: Value, platform, *, enable: Value | None = None
) -> Value:
    """The row that is read.

    A bank is every other row of one memory, so that no count of rows leaves a hole in it. What is
    written is never what is read. ``port.read`` follows from what is read.

    Parameters
    ----------
    port
        Of the memory, seen from the stage.
    rows
        Bits of the first bank at power-up, bool (rows, width); the second one is zero.
    row
        Number of the row to read.
    enable
        Registers the row that is read; combinational if None, in LUTs where there are such
        memories.
    """
    count, width = rows.shape
    words = [int.from_bytes(np.packbits(row, bitorder="little").tobytes(), "little")
             for row in rows]
    m.submodules.memory = memory = Memory(
        shape=width,
        depth=2 * count,
        init=[word for first in words for word in (first, 0)],
        attrs=_style(2 * count, width, platform, registered=enable is not None),
    )
    write = memory.write_port()
    read = memory.read_port(domain="comb" if enable is None else "sync")
    m.d.comb += [
        write.en.eq(port.write),
        write.addr.eq(Cat(~port.bank, port.row)),
        write.data.eq(port.data),
        read.addr.eq(Cat(port.bank, row)),
    ]
    if enable is not None:
        m.d.comb += read.en.eq(enable)
    select = native_part(platform, "multiplexer") or mux_tree
    m.d.comb += port.read.eq(select(m, _padded(read.data, len(port.bit)), port.bit))
    return read.data


def _style(rows: int, width: int, platform, *, registered: bool) -> dict[str, str]:
    family = family_of(platform) or DEFAULT
    if registered and family.memory.fits_block_ram_written(rows, width):
        return {"ram_style": "block"}
    return {"ram_style": "distributed"} if family.memory.lut_ram is not None else {}


def _padded(bits: Value, address_bits: int) -> Sequence[Value]:
    """Each bit, and zeros where an address points at none."""
    return [*bits, *[Const(0, 1)] * ((1 << address_bits) - len(bits))]
