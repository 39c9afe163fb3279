"""What the cells of mapped netlists take of an FPGA."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction

from build_decoder.models.errors import ToolError

__all__ = ["BRAM", "DSP", "FF", "LUT", "NOTHING", "CellCost", "Resources", "count_cells"]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Resources after synthesis, before placement.

    Parameters
    ----------
    lut
        LUTs, those used as memory or shift register included. On xc7 each logic function counts as
        one LUT of six inputs, where a vendor's tool may pair two small ones, and so do each
        inverter and each LUT6_2, which has two functions of five inputs. On ECP5 a LUT has four
        inputs, and two bits of a carry chain take two.
    ff
        Flip-flops outside of multipliers and memories.
    dsp
        DSP48E1, MULT18X18D or SB_MAC16.
    bram
        RAMB36E1 with RAMB18E1 as a half, DP16KD, or SB_RAM40_4K; a float only if not whole.
    """

    lut: int
    ff: int
    dsp: int
    bram: int | float

    def as_dict(self) -> dict[str, int | float]:
        """The four numbers by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class CellCost:
    """What a cell takes."""

    lut: int = 0
    ff: int = 0
    dsp: int = 0
    bram: int | Fraction = 0


LUT, FF, DSP, BRAM = CellCost(lut=1), CellCost(ff=1), CellCost(dsp=1), CellCost(bram=1)
NOTHING = CellCost()

_NOT_HARDWARE = "$scopeinfo"  # where hierarchy was, after Yosys' flatten


def count_cells(cells: Mapping[str, int], taken: Mapping[str, CellCost], family: str) -> Resources:
    """Resources of a mapped netlist with a number of ``cells`` of each type.

    Parameters
    ----------
    taken
        What each takes: :attr:`hdl.family.Family.cells`.
    family
        Name of the family, for messages.

    Raises
    ------
    ToolError
        If it is not known what a cell takes.
    """
    total = CellCost()
    for cell, number in cells.items():
        if cell == _NOT_HARDWARE:
            continue
        if cell not in taken:
            raise ToolError(
                f"yosys: {number} cells {cell} in a netlist for {family}: it is not known what "
                f"they take"
            )
        one = taken[cell]
        total = CellCost(
            lut=total.lut + number * one.lut,
            ff=total.ff + number * one.ff,
            dsp=total.dsp + number * one.dsp,
            bram=total.bram + number * one.bram,
        )
    whole = total.bram == int(total.bram)
    bram = int(total.bram) if whole else float(total.bram)
    return Resources(lut=total.lut, ff=total.ff, dsp=total.dsp, bram=bram)
