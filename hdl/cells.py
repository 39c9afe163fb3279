"""What the cells of mapped netlists take of an FPGA."""

from dataclasses import asdict, dataclass
from fractions import Fraction

from build_decoder.models.errors import ToolError

__all__ = ["Resources", "count_cells"]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Resources after synthesis, before placement.

    Parameters
    ----------
    lut
        LUTs, those used as memory or shift register included. On xc7 each logic function counts as
        one LUT of six inputs, where a vendor's tool may pair two small ones, and so does each
        inverter. On ECP5 a LUT has four inputs, and two bits of a carry chain take two.
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


_LUT, _FF, _DSP, _BRAM, _NOTHING = (
    (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (0, 0, 0, 0)
)  # fmt: skip


def _luts(count: int) -> tuple[int, int, int, int]:
    return (count, 0, 0, 0)


# What a cell takes of (lut, ff, dsp, bram). A cell in no list is an error rather than nothing.
_CELLS = {
    "xc7": {
        **{f"LUT{inputs}": _LUT for inputs in range(1, 7)},
        # There are no inverters: what no LUT behind it absorbs in a vendor's tool becomes a LUT.
        "INV": _LUT,
        **{name: _LUT for name in ("SRL16E", "SRLC16E", "SRLC32E")},
        **{"RAM32X1S": _luts(1), "RAM64X1S": _luts(1), "RAM128X1S": _luts(2)},
        **{"RAM256X1S": _luts(4), "RAM32X1D": _luts(2), "RAM64X1D": _luts(2)},
        **{"RAM128X1D": _luts(4), "RAM32M": _luts(4), "RAM64M": _luts(4)},
        **{f"FD{kind}E{edge}": _FF for kind in ("R", "S", "C", "P") for edge in ("", "_1")},
        "DSP48E1": _DSP,
        "RAMB36E1": _BRAM,
        "RAMB18E1": (0, 0, 0, Fraction(1, 2)),
        # In a slice, but not in its LUTs.
        **{name: _NOTHING for name in ("CARRY4", "MUXF7", "MUXF8", "GND", "VCC")},
        **{name: _NOTHING for name in ("IBUF", "OBUF", "OBUFT", "IOBUF", "BUFG", "PLLE2_BASE")},
    },
    "ecp5": {
        "LUT4": _LUT,
        "CCU2C": _luts(2),
        # Four LUTs hold the data, and two more make the write port.
        "TRELLIS_DPR16X4": _luts(6),
        "TRELLIS_FF": _FF,
        "MULT18X18D": _DSP,
        **{name: _BRAM for name in ("DP16KD", "PDPW16KD")},
        # Multiplexers between LUTs, and constants.
        **{name: _NOTHING for name in ("PFUMX", "L6MUX21", "GND", "VCC", "VHI", "VLO")},
        **{name: _NOTHING for name in ("TRELLIS_IO", "EHXPLLL", "SGSR")},
    },
    "ice40": {
        "SB_LUT4": _LUT,
        **{
            f"SB_DFF{edge}{kind}": _FF
            for edge in ("", "N")
            for kind in ("", "E", "SR", "R", "SS", "S", "ESR", "ER", "ESS", "ES")
        },
        "SB_MAC16": _DSP,
        **{f"SB_RAM40_4K{clocks}": _BRAM for clocks in ("", "NR", "NW", "NRNW")},
        # Beside a LUT.
        **{name: _NOTHING for name in ("SB_CARRY", "GND", "VCC")},
        **{name: _NOTHING for name in ("SB_IO", "SB_GB", "SB_GB_IO")},
        **{f"SB_PLL40_{kind}": _NOTHING for kind in ("CORE", "PAD", "2_PAD", "2F_CORE", "2F_PAD")},
    },
}

_NOT_HARDWARE = "$scopeinfo"  # where hierarchy was, after Yosys' flatten


def count_cells(cells: dict[str, int], family: str) -> Resources:
    """Resources of a mapped netlist with a number of ``cells`` of each type.

    Parameters
    ----------
    family
        ``xc7``, ``ecp5`` or ``ice40``.

    Raises
    ------
    ToolError
        If it is not known what a cell takes.
    """
    totals = [0, 0, 0, 0]
    for cell, number in cells.items():
        if cell == _NOT_HARDWARE:
            continue
        if cell not in _CELLS[family]:
            raise ToolError(
                f"yosys: {number} cells {cell} in a netlist for {family}: it is not known what "
                f"they take"
            )
        for kind, taken in enumerate(_CELLS[family][cell]):
            totals[kind] += number * taken
    lut, ff, dsp, bram = totals
    whole = bram == int(bram)
    return Resources(lut=lut, ff=ff, dsp=dsp, bram=int(bram) if whole else float(bram))
