"""Finding and running the tools of others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hdl.yosys import find_yosys

__all__ = ["ToolFailed", "find_tool", "run_tool"]

_LAST_LINES = 3


class ToolFailed(Exception):
    """A tool that was found did not do its work. The message is one line and names its log."""


def find_tool(name: str) -> str | None:
    """Path of the program for tool ``name``, such as ``nextpnr-ecp5``; None without one.

    As in Amaranth, an environment variable (``NEXTPNR_ECP5``) names the program; without it, it is
    looked for on the search path, then as ``yowasp-<name>`` there and beside Python itself, where
    pip puts it. A variable that names nothing is not made up for. Yosys is the one of
    :func:`hdl.yosys.find_yosys`, so that all parts run the same.
    """
    if name == "yosys":
        return find_yosys()
    variable = name.upper().replace("-", "_")
    if variable in os.environ:
        return shutil.which(os.environ[variable])
    beside_python = str(Path(sys.executable).parent)
    return (
        shutil.which(name)
        or shutil.which(f"yowasp-{name}")
        or shutil.which(f"yowasp-{name}", path=beside_python)
    )


def run_tool(command: list[str], folder: Path, log: Path) -> None:
    """Run ``command`` in ``folder``, all that it prints going to ``log``.

    Raises
    ------
    ToolFailed
        If it cannot be started or its exit status is not 0.
    """
    try:
        with open(log, "w") as output:
            status = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ).returncode
    except OSError as error:
        raise ToolFailed(f"{command[0]} cannot be started: {error.strerror}") from error
    if status != 0:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines
        said = " / ".join(errors[-_LAST_LINES:])
        raise ToolFailed(f"{Path(command[0]).name} ended with status {status} ({log}): {said}")
