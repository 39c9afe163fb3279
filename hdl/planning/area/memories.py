"""Which memories become block RAM, and how many blocks."""

from build_decoder.hdl.planning.area.resources import BRAM36_LUTS

__all__ = ["LUT_ROWS", "block_parts", "block_rams", "fits_block_ram", "ram_luts"]

LUT_ROWS = 64
"""Rows of a column of a ROM that a LUT holds."""

_BLOCK_SHAPES = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
"""(width, depth) of a block RAM of 18 Kbit."""


def fits_block_ram(rows: int, width: int) -> bool:
    """Whether a ROM is cheaper in block RAM than in LUTs, by the 7 series' sizes of both.

    Synthesis left to itself keeps wide and shallow memories out of block RAM, which fills its
    blocks badly, at any price in LUTs.
    """
    return 2 * rows * width > LUT_ROWS * BRAM36_LUTS * block_rams(rows, width)


def block_rams(rows: int, width: int) -> int:
    """Block RAMs of 18 Kbit that Yosys takes for a memory with one port that reads."""
    return _blocks(*_least_cost(rows, width), width)


def block_parts(rows: int, width: int) -> int:
    """Words of a memory in block RAM that are read at once, for one to be selected."""
    return _least_cost(rows, width)[1]


def _least_cost(rows: int, width: int) -> tuple[int, int]:
    """(width of blocks, words beside each other in these) of a memory, as Yosys chooses them.

    It weighs 129 for a block against a half for each bit that is selected among.
    """
    shapes = ((wide, -(-rows // deep)) for wide, deep in _BLOCK_SHAPES)
    return min(
        shapes, key=lambda shape: 129 * _blocks(*shape, width) + 0.5 * width * (shape[1] - 1)
    )


def _blocks(wide: int, parts: int, width: int) -> int:
    return -(-width * parts // wide)


def ram_luts(rows: int, width: int) -> int:
    """LUTs of a memory with a port that writes and one that reads; 0 if it is block RAM."""
    if not width:
        return 0
    if rows <= 32:
        units = -(-width // 6)
    else:
        units = -(-width // 3) * -(-rows // 64)
    # Yosys weighs 8 for each against 129 for a block, and selecting among them beside.
    return 4 * units if 8 * units < 128 * block_rams(rows, width) else 0
