"""What a design needs of an FPGA, and whether the FPGA has it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from boards.board import Board
from models.errors import InputError

__all__ = ["Resources", "check_capacity", "check_memory", "count_cells", "read_yosys_stat"]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """LUTs, flip-flops, DSP blocks and block RAMs, each as the vendor counts them."""

    lut: int
    ff: int
    dsp: int
    bram: int

    def as_dict(self) -> dict[str, int]:
        """The four numbers by name."""
        return asdict(self)


# Cells of Yosys' netlists by what they take of the device.
_WEIGHTS = {
    "ecp5": {
        # A carry cell is two LUTs; a 16 x 4 RAM takes four, and its write port two more.
        "lut": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
        "ff": {"TRELLIS_FF": 1},
        "dsp": {"MULT18X18D": 1},
        "bram": {"DP16KD": 1, "PDPW16KD": 1},
    },
    "ice40": {
        "lut": {"SB_LUT4": 1},
        "ff": {
            f"SB_DFF{edge}{kind}": 1
            for edge in ("", "N")
            for kind in ("", "E", "SR", "R", "SS", "S", "ESR", "ER", "ESS", "ES")
        },
        "dsp": {"SB_MAC16": 1},
        "bram": {f"SB_RAM40_4K{clocks}": 1 for clocks in ("", "NR", "NW", "NRNW")},
    },
    "xc7": {
        "lut": {
            "INV": 1,
            **{f"LUT{inputs}": 1 for inputs in range(1, 7)},
            **{"SRL16E": 1, "SRLC16E": 1, "SRLC32E": 1},
            **{"RAM32X1S": 1, "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4},
            **{"RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM32M": 4, "RAM64M": 4},
        },
        "ff": {"FDRE": 1, "FDSE": 1, "FDCE": 1, "FDPE": 1, "FDRE_1": 1, "FDSE_1": 1},
        "dsp": {"DSP48E1": 1},
        "bram": {"RAMB36E1": 1, "RAMB18E1": 0.5},
    },
}


def count_cells(family: str, cells: dict[str, int]) -> Resources:
    """Resources of a mapped netlist of ``family`` with that many ``cells`` of each type."""
    counts = {
        resource: sum(weight * cells.get(cell, 0) for cell, weight in weights.items())
        for resource, weights in _WEIGHTS[family].items()
    }
    return Resources(**{resource: int(-(-count // 1)) for resource, count in counts.items()})


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
