"""Behaviour of the cells of a synthesised netlist.

Yosys brings models of LUTs, flip-flops, carries and DSP48E1, but only boxes for block RAMs and for
ECP5's multiplier. The Verilog files of this folder are models of those, written from the vendors'
documentation for the modes that are used; any other mode is an error.
"""

import re
from pathlib import Path

__all__ = ["PRIMITIVES", "cell_sources"]

_FOLDER = Path(__file__).parent

PRIMITIVES = {
    "xc7": {
        "RAMB18E1": ("block_ram_core.v", "ramb18e1.v"),
        "RAMB36E1": ("block_ram_core.v", "ramb36e1.v"),
    },
    "ecp5": {
        "DP16KD": ("block_ram_core.v", "dp16kd.v"),
        "MULT18X18D": ("mult18x18d.v",),
    },
}
"""Files of each cell that is modelled here, by target."""

_FAMILIES = {"xc7": "xilinx", "ecp5": "ecp5"}


def cell_sources(target: str, share: Path, folder: Path) -> tuple[list[Path], list[Path]]:
    """Verilog files, and include folders, of all cells that a netlist for ``target`` can have.

    A copy of Yosys' own models, without the boxes that are modelled here, is written to ``folder``.

    Parameters
    ----------
    target
        ``xc7`` or ``ecp5``.
    share
        Yosys' folder of shared files.
    """
    own = PRIMITIVES[target]
    boxes = "|".join(own)
    library = share / _FAMILIES[target] / "cells_sim.v"
    text, _ = re.subn(
        rf"^module ({boxes})\b.*?^endmodule$", "", library.read_text(), flags=re.DOTALL | re.M
    )
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"cells_{target}.v"
    copy.write_text(text)
    files = dict.fromkeys(name for names in own.values() for name in names)
    return [copy, *(_FOLDER / name for name in files)], [library.parent]
