"""Formal proofs of components with assertions, by SymbiYosys and Z3.

A bench is a component whose inputs are free: the solver picks them, cycle by cycle, as it likes
within the bench's `Assume`. No choice may break an `Assert`.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from amaranth import Module, ResetSignal, Value
from amaranth.back import rtlil
from amaranth.hdl import Assume
from amaranth.lib import wiring

from build_decoder.models.errors import ToolError, ToolMissing

__all__ = ["INVARIANTS", "Outcome", "Verdict", "missing_tools", "prove", "require_tools"]

INVARIANTS = "invariants"
"""Submodule of a bench whose assertions help an induction, and are nothing that is claimed."""

_TOOLS = ("yosys", "yosys-smtbmc", "yosys-witness", "z3")
_SBY = "sby"
_STATUSES = {0: "holds", 2: "fails", 4: "open", 8: "open"}

_SCRIPT = """\
[options]
mode {mode}
depth {depth}
timeout {timeout}
[engines]
smtbmc z3
[script]
read_rtlil bench.il
{edits}
prep -top top
[files]
bench.il
"""


class Outcome(Enum):
    """What came of a proof."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"
    """The induction found no proof, or the time was up: nothing is known."""


@dataclass(frozen=True)
class Verdict:
    """Outcome of a proof, the seconds that it took, and the folder with log and trace."""

    outcome: Outcome
    seconds: float
    folder: Path


def _find(tool: str) -> str | None:
    """Path of a program: from PyPI beside Python itself, or else on the search path."""
    beside = str(Path(sys.executable).parent)
    names = (f"yowasp-{tool}", tool)
    found = (shutil.which(name, path=path) for path in (beside, None) for name in names)
    return next(filter(None, found), None)


def missing_tools() -> str | None:
    """What a proof needs and is not here, and how to get it; None if all is here."""
    absent = [tool for tool in (_SBY, *_TOOLS) if _find(tool) is None]
    if not absent:
        return None
    return f"no {', no '.join(absent)} here: pip install 'build_decoder[formal]'"


def require_tools() -> None:
    """Make sure that all is here.

    Raises
    ------
    ToolMissing
        If not; the message says what to install.
    """
    if absent := missing_tools():
        raise ToolMissing(absent)


def prove(
    bench: wiring.Component,
    folder: Path,
    *,
    depth: int,
    induction: bool,
    free: Sequence[str] = (),
    claims_only: bool = False,
    timeout: int = 900,
) -> Verdict:
    """Prove the assertions of a bench, which is never in reset.

    Parameters
    ----------
    bench
        A component whose inputs are free.
    folder
        Folder for what the tools leave; made, and an earlier run in it removed.
    depth
        Cycles from the start; with ``induction`` also those in a row from which the next follows.
    induction
        Whether to prove the assertions for all times, rather than for ``depth`` cycles alone.
    free
        Submodules of the bench, by dotted names, whose registers start with any value.
    claims_only
        Whether to leave out the assertions of the bench's submodule `INVARIANTS`.
    timeout
        Seconds after which it is given up.

    Raises
    ------
    ToolMissing
        If a program is missing.
    ToolError
        If one fails, or if no inputs satisfy the assumptions.
    """
    require_tools()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "bench.il").write_text(_rtlil(bench))
    edits = [f"setattr -unset init top.bench.{name}/w:*" for name in free]
    if claims_only:
        edits.append(f"chformal -assert -remove top.bench.{INVARIANTS}")
    script = _SCRIPT.format(
        mode="prove" if induction else "bmc",
        depth=depth,
        timeout=timeout,
        edits="\n".join(edits),
    )
    (folder / "proof.sby").write_text(script)
    start = time.perf_counter()
    run = subprocess.run(
        [_find(_SBY), "-f", "proof.sby"],
        cwd=folder, env=_environment(folder), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if run.returncode not in _STATUSES:
        lines = [line for line in run.stdout.splitlines() if "ERROR" in line] or [run.stdout[-200:]]
        raise ToolError(f"sby ended with status {run.returncode} ({folder}): {lines[-1].strip()}")
    return Verdict(Outcome(_STATUSES[run.returncode]), seconds, folder)


def _rtlil(bench: wiring.Component) -> str:
    m = Module()
    m.submodules.bench = bench
    m.d.comb += Assume(~ResetSignal())
    ports = [Value.cast(value) for _, _, value in bench.signature.flatten(bench)]
    return rtlil.convert(m, name="top", ports=ports)


def _environment(folder: Path) -> dict[str, str]:
    """The tools by the names that SymbiYosys calls them, first on the search path."""
    tools = folder / "tools"
    tools.mkdir()
    for name in _TOOLS:
        (tools / name).symlink_to(_find(name))
    path = os.pathsep.join([str(tools), os.environ.get("PATH", "")])
    # The first call on a machine says that it compiles itself, which SymbiYosys takes for output.
    subprocess.run(
        [tools / "yosys", "-V"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return os.environ | {"PATH": path}
