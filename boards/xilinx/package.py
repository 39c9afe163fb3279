"""The build package for 7-series FPGAs: sources, constraints, and a shell script a toolchain."""

import re
import shutil
from importlib import resources
from pathlib import Path

from build_decoder.boards.board import Board
from build_decoder.boards.xilinx.chains import VIVADO, chains_for

__all__ = ["NAME", "STAT_FILE", "clock_mhz", "instructions", "without_quotes", "write_package"]

NAME = "top"
STAT_FILE = f"{NAME}.stat.json"
_CLOCK_FILE = "clock_mhz.txt"
_TOOLS = "open_tools"

# Such scripts are often for bash alone. Relative names in variables start where it was called.
_PREAMBLE = """\
#!/bin/sh
# Makes {name}.bit with {chain}. With --check it only tells whether all that it needs is here.
set -e
if [ -z "${{BASH:-}}" ] && command -v bash > /dev/null 2>&1; then exec bash "$0" "$@"; fi
origin=$PWD
if [ -n "${{{environment}:-}}" ]; then
    case ${environment} in */*) ;; *) {environment}=./${environment} ;; esac
    if [ ! -f "${environment}" ]; then
        echo "absent: no ${environment}, which {environment} names" >&2
        exit 3
    fi
    set +e -a
    . "${environment}" >&2
    set -e +a
fi
cd "$origin"
cd "$(dirname "$0")"
"""

_VIVADO = """\
case ${{VIVADO:=vivado}} in
    /*) ;;
    */*) VIVADO=$origin/$VIVADO ;;
esac
if ! command -v "$VIVADO" > /dev/null; then
    echo "absent: no $VIVADO" >&2
    exit 3
fi
if [ "${{1:-}}" = --check ]; then exit 0; fi
rm -f {name}.bit
"$VIVADO" -mode batch -log {name}.log -source {name}.tcl
{copy}"""

_OPEN = """\
"${{PYTHON:-python3}}" -B -m {tools} --origin "$origin" --placer {chain} --device {device} \\
    --package {package} --speed {speed} --mhz {mhz:.12g} --seed {seed} "$@"
if [ "${{1:-}}" = --check ]; then exit 0; fi
{copy}"""


def write_package(board: Board, top, build_dir: Path, *, seed: int) -> None:
    """Write RTLIL, constraints, scripts of Yosys and Vivado, and a shell script a toolchain.

    Parameters
    ----------
    top
        The whole design, with ``clock_mhz`` and ``bitstream_copy``.
    """
    platform = board.platform()
    platform.prepare(top, NAME).extract(str(build_dir))
    constraints = build_dir / f"{NAME}.xdc"
    constraints.write_text(without_quotes(constraints.read_text()))
    (build_dir / f"{NAME}.ys").write_text(_yosys_script(board))
    (build_dir / _CLOCK_FILE).write_text(f"{top.clock_mhz!r}\n")
    _copy_tools(build_dir / _TOOLS)
    for chain in chains_for(platform):
        text = _PREAMBLE + (_VIVADO if chain is VIVADO else _OPEN)
        (build_dir / chain.script).write_text(
            text.format(
                name=NAME,
                chain=chain.name,
                environment=chain.environment,
                tools=_TOOLS,
                device=platform.device,
                package=platform.package,
                speed=platform.speed,
                mhz=top.clock_mhz,
                seed=seed,
                copy=f"cp {NAME}.bit {top.bitstream_copy}\n" if top.bitstream_copy else "",
            )
        )
    for stale in (f"{NAME}.json", f"{NAME}.bit", f"{NAME}.v", STAT_FILE):
        (build_dir / stale).unlink(missing_ok=True)


def _yosys_script(board: Board) -> str:
    lines = [
        f"read_rtlil {NAME}.il",
        *board.family.synthesis_commands(NAME),
        f"techmap -map {_TOOLS}/netlist.v",
        f"tee -q -o {STAT_FILE} stat -json",
        f"write_json {NAME}.json",
        "design -reset",
        f"read_rtlil {NAME}.il",
        "proc -nomux -norom",
        "memory_collect",
        f"write_verilog -norename {NAME}.v",
        "",
    ]
    return "\n".join(lines)


def clock_mhz(build_dir: Path) -> float:
    """Decoder clock that a package is for."""
    return float((build_dir / _CLOCK_FILE).read_text())


def instructions(board: Board) -> str:
    """Text on how to build the package."""
    platform = board.platform()
    chains = chains_for(platform)
    scripts = "\n".join(f"    sh {chain.script}" for chain in chains)
    if platform.vivado_only:
        return (
            f"With Vivado, in this folder, wherever it is installed; makes {NAME}.bit:\n\n"
            f"{scripts}\n\n"
            f"There is no script for open tools: {platform.vivado_only}.\n"
            f"Sources: {NAME}.v, which yosys {NAME}.ys makes of {NAME}.il if it is not here; "
            f"constraints: {NAME}.xdc.\n"
            f"VIVADO names the program, AMARANTH_ENV_VIVADO a script to source before."
        )
    return f"""\
One of these, in this folder, wherever that toolchain is installed; makes {NAME}.bit:

{scripts}

With --check, each only tells whether all that it needs is there.
Sources: {NAME}.v (Vivado), {NAME}.il and {NAME}.ys (Yosys); constraints: {NAME}.xdc.
Scripts to source before: AMARANTH_ENV_VIVADO, AMARANTH_ENV_XRAY.
Programs: VIVADO, YOSYS, NEXTPNR_XILINX, NEXTPNR_HIMBAECHEL, FASM2FRAMES, XC7FRAMES2BIT, PYTHON.
Project X-Ray's database is looked for in DB_DIR, PRJXRAY_DB_DIR, TOOLS_OPENXC7, beside the
programs, in NEXTPNR_XILINX_DIR and where packages put it; nextpnr-xilinx's chip database in
CHIPDB_DIR, TOOLS_OPENXC7, beside the program, in ZYNQ7_CHIPDB and NEXTPNR_XILINX_CHIPDB_DIR.
The folder {_TOOLS} runs the open tools: it checks the netlist, and completes the FASM where
nextpnr leaves out settings of DSP blocks."""


def without_quotes(constraints: str) -> str:
    """Constraints as both nextpnrs read them, and Vivado too.

    The nextpnrs keep quotes as a part of values, and one of them those of nets; then an output gets
    no drive strength and an input no standard. nextpnr-himbaechel ignores the names of clocks.
    """
    plain = re.sub(r'"([^"]*)"', _unquoted, constraints)
    return re.sub(r"^create_clock -name \S+ ", "create_clock ", plain, flags=re.MULTILINE)


def _unquoted(word: re.Match) -> str:
    text = re.sub(r"\\([$[\\])", r"\1", word[1])
    return text if re.fullmatch(r"[\w./:+-]+", text) else f"{{{text}}}"


def _copy_tools(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for source in resources.files(f"{__package__}.{_TOOLS}").iterdir():
        if source.name.endswith((".py", ".v")):
            (folder / source.name).write_bytes(source.read_bytes())
