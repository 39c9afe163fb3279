"""What a design needs of an FPGA, and whether the FPGA has it."""

from dataclasses import asdict

from build_decoder.boards.board import Board
from build_decoder.hdl.cells import Resources
from build_decoder.models.errors import InputError

__all__ = ["check_capacity", "check_memory"]


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
            f"{', '.join(short)}; another folding may need less (--inputs-per-cycle, "
            f"--outputs-per-cycle, --pareto)"
        )


def check_memory(board: Board, weight_bits: int) -> None:
    """Make sure, before any synthesis, that ``weight_bits`` of weights are not hopeless.

    Raises
    ------
    InputError
        If all block RAMs and all LUTs together have fewer bits.
    """
    block_bits = board.capacity.bram_bits
    lut_bits = board.capacity.lut * board.family.memory.lut_rows
    if weight_bits > block_bits + lut_bits:
        raise InputError(
            f"{board.name}: expected a network whose weights fit the {board.device}, got "
            f"{weight_bits} bits of weights for {block_bits} bits of block RAM and {lut_bits} bits "
            f"in LUTs"
        )
