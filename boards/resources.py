"""What a design needs of an FPGA, and whether the FPGA has it."""

import json
from dataclasses import asdict
from pathlib import Path

from build_decoder.boards.board import Board
from build_decoder.boards.tools import ToolFailed
from build_decoder.hdl import cells as hdl_cells
from build_decoder.hdl.cells import Resources, UnknownCell
from build_decoder.models.errors import InputError

__all__ = ["Resources", "check_capacity", "check_memory", "count_cells", "read_yosys_stat"]


def count_cells(family: str, cells: dict[str, int]) -> Resources:
    """Resources of a mapped netlist of ``family`` with that many ``cells`` of each type.

    Raises
    ------
    ToolFailed
        If it is not known what a cell takes.
    """
    try:
        return hdl_cells.count_cells(cells, family)
    except UnknownCell as error:
        raise ToolFailed(str(error)) from None


def read_yosys_stat(path: Path) -> dict[str, int]:
    """Cells by type of what ``stat -json`` wrote."""
    return json.loads(path.read_text())["design"]["num_cells_by_type"]


def check_capacity(board: Board, resources: Resources) -> None:
    """Make sure that the board's FPGA has all of ``resources``.

    Raises
    ------
    InputError
        If not; the message has needed and available numbers.
    """
    available = asdict(board.capacity)
    short = [
        f"{needed} {name} of {available[name]}"
        for name, needed in asdict(resources).items()
        if needed > available[name]
    ]
    if short:
        raise InputError(
            f"{board.name}: expected a decoder that fits the {board.device}, got one that needs "
            f"{', '.join(short)}"
        )


_ROM_BITS_PER_LUT = {"ecp5": 16, "ice40": 16, "xc7": 64}


def check_memory(board: Board, weight_bits: int) -> None:
    """Make sure, before any synthesis, that ``weight_bits`` of weights are not hopeless.

    Raises
    ------
    InputError
        If all block RAMs and all LUTs together have fewer bits.
    """
    block_bits = board.capacity.bram_bits
    lut_bits = board.capacity.lut * _ROM_BITS_PER_LUT[board.family]
    if weight_bits > block_bits + lut_bits:
        raise InputError(
            f"{board.name}: expected a network whose weights fit the {board.device}, got "
            f"{weight_bits} bits of weights for {block_bits} bits of block RAM and {lut_bits} bits "
            f"in LUTs"
        )
