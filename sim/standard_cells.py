"""Logic synthesis onto the standard cells of a Liberty file: a decoder's netlist for an ASIC."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from build_decoder.hdl.yosys import run_yosys
from build_decoder.models.errors import InputError, ToolError, ToolMissing
from build_decoder.sim.decoder_bench import TOP

__all__ = ["LEAST_MACRO_BITS", "CellNetlist", "Macro", "map_to_cells"]

LEAST_MACRO_BITS = 1024
"""Memories of fewer bits are cells even where others are macros: decoders and sense amplifiers of a
macro would take more than its bits."""

_LIBRARY = "cells.lib"
_MACRO = "macro_"


@dataclass(frozen=True)
class Macro:
    """A memory that is a macro of its own, an SRAM, and no standard cells.

    Parameters
    ----------
    name
        Of its module.
    rows, width
        Its size, words and bits of one.
    written
        Whether the decoder writes into it; if not, it is loaded before the first frame.
    """

    name: str
    rows: int
    width: int
    written: bool

    @property
    def bits(self) -> int:
        """Bits that it holds."""
        return self.rows * self.width


@dataclass(frozen=True)
class CellNetlist:
    """A netlist of standard cells, and macros.

    Parameters
    ----------
    netlist_json
        The netlist, for Yosys.
    library
        The Liberty file.
    models
        Verilog with the behaviour of the library's cells, and of the macros.
    macros
        The memories that are macros.
    cells
        Number of standard cells of each type.
    area, sequential_area
        Areas of all of them and of flip-flops, in the library's unit.
    gate_area
        Area of the cell that the library has for a NAND of two inputs: a gate equivalent.
    """

    netlist_json: Path
    library: Path
    models: tuple[Path, ...]
    macros: tuple[Macro, ...]
    cells: Mapping[str, int]
    area: float
    sequential_area: float
    gate_area: float

    @property
    def gates(self) -> float:
        """Area in gate equivalents."""
        return self.area / self.gate_area

    @property
    def sequential_gates(self) -> float:
        """Area of the flip-flops in gate equivalents."""
        return self.sequential_area / self.gate_area


def map_to_cells(
    verilog: Path,
    liberty: Path,
    work_dir: Path,
    *,
    clock_mhz: float,
    macros: bool,
    unused: Sequence[str] = (),
) -> CellNetlist:
    """Synthesise a decoder's Verilog, which is behaviour alone, onto the cells of ``liberty``.

    Nothing has a value before a reset: what an FPGA's bitstream sets, an ASIC's cells do not have.

    Parameters
    ----------
    liberty
        The library; ``.gz`` if it is compressed.
    clock_mhz
        The clock that gates are chosen for.
    macros
        Whether memories of :data:`LEAST_MACRO_BITS` or more are macros. Otherwise what is only read
        is gates, and all else flip-flops.
    unused
        Names of cells that must not be used, with ``*`` for any letters.

    Raises
    ------
    InputError
        If ``liberty`` is no Liberty file, or lacks cells that are needed.
    ToolMissing
        If there is no Yosys.
    ToolError
        If it stops with an error.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    library = work_dir / _LIBRARY
    library.write_bytes(_content(liberty))
    models = _models(liberty, work_dir)
    nand, inverter = _smallest(liberty, work_dir, unused)
    (work_dir / "decoder.v").write_text(verilog.read_text())
    run_yosys(
        [
            "read_verilog decoder.v",
            f"hierarchy -top {TOP}",
            "proc",
            "flatten",
            "attrmap -remove init",
            "opt",
            "memory -nomap",
            "opt_clean",
            # Short names: those of elements of arrays mean something to Yosys.
            "rename -hide",
            "write_json memories.json",
            "write_rtlil flat.il",
        ],
        work_dir,
    )
    found = _macros(work_dir / "memories.json") if macros else {}
    (work_dir / "abc.constr").write_text(f"set_driving_cell {inverter}\n")
    period = round(1e6 / clock_mhz)
    # All that comes before it has read the design, and each cell of the library alone.
    _run(
        liberty,
        "cells for all that a decoder is made of",
        [
            "read_rtlil flat.il",
            *_apart(found),
            f"synth -top {TOP} -run :fine",
            "memory_map",
            "attrmap -remove init",
            f"synth -top {TOP} -run fine:",
            f"dfflibmap -liberty {_LIBRARY}{_unused(unused)}",
            f"abc -liberty {_LIBRARY} -constr abc.constr -D {period}{_unused(unused)}",
            "setundef -zero -undriven",
            # OpenSTA takes no assignments to parts of nets.
            "splitnets",
            "opt_clean -purge",
            f"tee -q -o stat.json stat -json -liberty {_LIBRARY}",
            f"read_liberty -lib -ignore_miss_func {_LIBRARY}",
            "write_json netlist.json",
        ],
        work_dir,
    )
    statistics = json.loads((work_dir / "stat.json").read_text())["modules"][f"\\{TOP}"]
    cells = {
        name: number
        for name, number in statistics["num_cells_by_type"].items()
        if not name.startswith(f"{TOP}_{_MACRO}")
    }
    if left := sorted(name for name in cells if name.startswith("$")):
        raise InputError.at(
            liberty, "", expected="cells for all that a decoder is made of", got=f"none for "
            f"{', '.join(left)}",
        )
    return CellNetlist(
        netlist_json=work_dir / "netlist.json",
        library=library,
        models=(models, *([work_dir / "macros.v"] if found else ())),
        macros=tuple(found.values()),
        cells=cells,
        area=statistics["area"],
        sequential_area=statistics["sequential_area"],
        gate_area=nand,
    )


def _content(liberty: Path) -> bytes:
    if liberty.suffix != ".gz":
        return liberty.read_bytes()
    try:
        return gzip.decompress(liberty.read_bytes())
    except (EOFError, OSError) as error:
        raise InputError.at(
            liberty, "", expected="a compressed Liberty file", got=f"one that cannot be read: "
            f"{error}",
        ) from None


def _models(liberty: Path, work_dir: Path) -> Path:
    """Behaviour of the library's cells, as its functions have it."""
    # Before all else that could be wrong with it.
    _run(
        liberty,
        "a Liberty file of standard cells",
        [f"read_liberty -ignore_miss_func {_LIBRARY}", "write_verilog -noattr models.v"],
        work_dir,
    )
    return work_dir / "models.v"


def _run(liberty: Path, expected: str, commands: Sequence[str], work_dir: Path) -> None:
    """Run Yosys where nothing but the library can be at fault: its message tells where."""
    try:
        run_yosys(commands, work_dir, kept=False)
    except ToolMissing:
        raise
    except ToolError as error:
        raise InputError.at(liberty, "", expected=expected, got=f"{error}") from None


def _smallest(liberty: Path, work_dir: Path, unused: Sequence[str]) -> tuple[float, str]:
    """Area of the cell for a NAND of two inputs, and name of the one for an inverter."""
    found = []
    for function in ("~(a & b)", "~a"):
        (work_dir / "gate.v").write_text(
            f"module gate(input a, input b, output y); assign y = {function}; endmodule\n"
        )
        run_yosys(
            [
                "read_verilog gate.v",
                "synth -top gate",
                f"abc -liberty {_LIBRARY}{_unused(unused)}",
                f"tee -q -o gate.json stat -json -liberty {_LIBRARY}",
            ],
            work_dir,
        )
        statistics = json.loads((work_dir / "gate.json").read_text())["modules"]["\\gate"]
        (name, *others) = statistics["num_cells_by_type"]
        if others or name.startswith("$") or not statistics["area"]:
            raise InputError.at(
                liberty, "", expected=f"one cell with an area for {function}",
                got=", ".join([name, *others]),
            )
        found.append((statistics["area"], name))
    return found[0][0], found[1][1]


def _unused(names: Sequence[str]) -> str:
    return "".join(f" -dont_use {name}" for name in names)


def _macros(memories: Path) -> dict[str, Macro]:
    """The memories of a flat design that are macros, by the names of their cells."""
    cells = json.loads(memories.read_text())["modules"][TOP]["cells"]
    found = {}
    for name, cell in cells.items():
        if cell["type"] != "$mem_v2":
            continue
        rows, width, writes = (
            int(cell["parameters"][key], 2) for key in ("SIZE", "WIDTH", "WR_PORTS")
        )
        if rows * width >= LEAST_MACRO_BITS:
            module = f"{TOP}_{_MACRO}{len(found)}"
            found[name] = Macro(module, rows, width, written=writes > 0)
    return found


def _apart(macros: Mapping[str, Macro]) -> list[str]:
    """Commands that leave modules of their own for macros in macros.v, and boxes in the design."""
    if not macros:
        return []
    return [
        *(
            f"setattr -set submod \"{macro.name.removeprefix(f'{TOP}_')}\" c:{cell}"
            for cell, macro in macros.items()
        ),
        "submod",
        f"select {TOP}_{_MACRO}*",
        "write_verilog -noattr -selected macros.v",
        "select -clear",
        f"blackbox {TOP}_{_MACRO}*",
    ]
