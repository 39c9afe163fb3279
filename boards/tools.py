"""Finding and running the tools of others but Yosys, which `hdl.yosys` runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from build_decoder.boards.xilinx.open_tools.said import error_lines
from build_decoder.models.errors import ToolError

__all__ = ["find_tool", "run_logged", "run_tool"]


def find_tool(name: str) -> str | None:
    """Path of the program for tool ``name``, such as ``nextpnr-ecp5``; None without one.

    As in Amaranth, an environment variable (``NEXTPNR_ECP5``) names the program; without it, it is
    looked for on the search path, then as ``yowasp-<name>`` there and beside Python itself, where
    pip puts it. A variable that names nothing is not made up for.
    """
    variable = name.upper().replace("-", "_")
    if variable in os.environ:
        return shutil.which(os.environ[variable])
    beside_python = str(Path(sys.executable).parent)
    return (
        shutil.which(name)
        or shutil.which(f"yowasp-{name}")
        or shutil.which(f"yowasp-{name}", path=beside_python)
    )


def run_tool(name: str, command: Sequence[str], folder: Path, log: Path) -> None:
    """Run ``command`` in ``folder``, all that it prints going to ``log``.

    Parameters
    ----------
    name
        What messages call it.

    Raises
    ------
    ToolError
        If it cannot be started or its exit status is not 0.
    """
    status = run_logged(name, command, log, folder=folder)
    if status != 0:
        said = error_lines(log.read_text(errors="replace"))
        raise ToolError(f"{name} ended with status {status} ({log}): {said}")


def run_logged(
    name: str,
    command: Sequence[str],
    log: Path,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run ``command``, all that it prints going to ``log``; its exit status.

    Raises
    ------
    ToolError
        If it cannot be started.
    """
    with open(log, "w") as output:
        try:
            return subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ).returncode
        except OSError as error:
            raise ToolError(f"{name} cannot be started: {command[0]}: {error.strerror}") from error
