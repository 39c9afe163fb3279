"""Behaviour of the cells of a synthesised netlist.

Yosys brings models of LUTs, flip-flops, carries and DSP48E1, but only boxes for block RAMs and for
ECP5's multiplier. The Verilog files of this folder are models of those, and of the 7 series' LUTs,
which compile faster, written from the vendors' documentation for the modes that are used; any other
mode is an error.
"""

import re
from pathlib import Path

from build_decoder.hdl.family import Family

__all__ = ["cell_sources"]

_FOLDER = Path(__file__).parent

def cell_sources(family: Family, share: Path, folder: Path) -> tuple[list[Path], list[Path]]:
    """Verilog files, and include folders, of all cells that a netlist for ``family`` can have.

    A copy of Yosys' own models, without the boxes that are modelled here, is written to ``folder``.

    Parameters
    ----------
    family
        One whose netlists can be simulated.
    share
        Yosys' folder of shared files.
    """
    own = family.netlist.models
    library = share / family.netlist.library
    text = library.read_text()
    for cell in own:
        text = re.sub(rf"^module {cell}\b.*?^endmodule$", "", text, flags=re.DOTALL | re.M)
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"cells_{family}.v"
    copy.write_text(text)
    files = dict.fromkeys(name for names in own.values() for name in names)
    return [copy, *(_FOLDER / name for name in files)], [library.parent]
