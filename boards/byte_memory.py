"""Memories of bytes: of a frame and of an INFO reply, and of bytes that wait."""

from collections.abc import Sequence

from amaranth import Module, Signal, Value
from amaranth.lib.memory import Memory

from build_decoder.hdl.parts.native import native_part

__all__ = ["byte_memory"]


def byte_memory(
    m: Module,
    contents: Sequence[int],
    platform,
    *,
    read_at: Value,
    write_at: Value,
    write: Value,
    byte: Value,
    in_blocks: bool,
) -> Value:
    """What lay at ``read_at`` two cycles before, which must not have been written in that cycle.

    Parameters
    ----------
    contents
        Bytes at the start.
    write, write_at, byte
        Whether ``byte`` is written at ``write_at``.
    in_blocks
        Whether it is block RAM; else that is left to synthesis.
    """
    block_ram = native_part(platform, "block_ram")
    if in_blocks and block_ram is not None:
        made = block_ram(
            m, contents, 8, read_at=read_at, write_at=write_at, write=write, data=byte
        )
        if made is not None:
            return made
    m.submodules.memory = memory = Memory(
        shape=8, depth=len(contents), init=contents,
        attrs={"ram_style": "block"} if in_blocks else {},
    )  # fmt: skip
    port, read = memory.write_port(), memory.read_port()
    registered = Signal(8)
    m.d.comb += [
        port.addr.eq(write_at), port.data.eq(byte), port.en.eq(write), read.addr.eq(read_at)
    ]
    m.d.sync += registered.eq(read.data)
    return registered
