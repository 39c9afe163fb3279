"""A netlist whose nets have names that a simulator can reach, and which of them are routed."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from build_decoder.hdl.yosys import run_yosys
from build_decoder.sim.decoder_bench import TOP

__all__ = ["INPUT", "DrivenBit", "NamedNetlist", "named_netlist"]

INPUT = "input"
"""In the place of a cell's type: a port drives the bit."""

_CLOCK = "clk"

_DEDICATED = {
    "CARRY4": {"CI"},
    "CCU2C": {"CIN"},
    "DSP48E1": {"ACIN", "BCIN", "CARRYCASCIN", "MULTSIGNIN", "PCIN"},
    "L6MUX21": {"D0", "D1"},
    "MUXF7": {"I0", "I1"},
    "MUXF8": {"I0", "I1"},
    "PFUMX": {"ALUT", "BLUT"},
    "SB_CARRY": {"CI"},
}
"""Inputs of cells that have wires of their own from a cell beside them, by type of cell."""

_ICE40_CELL = {("SB_CARRY", "I3"), ("SB_LUT4", "D")}
"""Types of cells, and inputs that theirs is the only wire to within a logic cell of an iCE40: a
carry goes to the LUT above, and a LUT to the flip-flop behind it."""

_ABSORBED = {"INV"}
"""Cells that become part of what takes their output."""


@dataclass(frozen=True)
class DrivenBit:
    """A bit that a cell, or an input of the decoder, drives and something takes.

    Parameters
    ----------
    net
        Name of the bit's net, as ``net_3[1]``.
    cell
        Name of the cell in the netlist; empty for an input of the decoder.
    type
        Its type, as ``LUT6``, or :data:`INPUT`.
    port
        Name of the cell's output, or of the decoder's input.
    routed
        Whether it is a net of the decoder's that goes by the general routing: from a cell to an
        input of another one, or to a port, other than by a wire that the slice or block has for it.
    """

    net: str
    cell: str
    type: str
    port: str
    routed: bool


@dataclass(frozen=True)
class NamedNetlist:
    """A netlist in Verilog, in which each net and each cell has a short name.

    Parameters
    ----------
    verilog
        The file.
    driven
        All bits that something takes, but for the clock, each once.
    cells
        How many cells of each type there are.
    """

    verilog: Path
    driven: tuple[DrivenBit, ...]
    cells: Mapping[str, int]


def named_netlist(netlist_json: Path, work_dir: Path) -> NamedNetlist:
    """Name the nets and cells of a netlist that Yosys has written.

    Parameters
    ----------
    netlist_json
        The netlist, with the module :data:`TOP`.
    work_dir
        Folder for the files.

    Raises
    ------
    ToolError
        If Yosys is missing or stops with an error.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    source, verilog, named = (work_dir / name for name in ("mapped.json", "named.v", "named.json"))
    source.write_bytes(netlist_json.read_bytes())
    run_yosys(
        [
            f"read_json {source.name}",
            f"hierarchy -top {TOP}",
            # A name for each net, and short ones: Verilator stumbles over long ones.
            "splitnets",
            "rename -hide",
            "opt_clean -purge",
            "rename -enumerate -pattern net_% w:*",
            "rename -enumerate -pattern cell_% c:*",
            f"write_json {named.name}",
            f"write_verilog -noattr {verilog.name}",
        ],
        work_dir,
    )
    module = json.loads(named.read_text())["modules"][TOP]
    cells: dict[str, int] = {}
    for cell in module["cells"].values():
        cells[cell["type"]] = cells.get(cell["type"], 0) + 1
    return NamedNetlist(verilog, _driven_bits(module), cells)


def _driven_bits(module: Mapping) -> tuple[DrivenBit, ...]:
    """All bits that something takes, but for the clock, of a module as Yosys' JSON has it."""
    names, takers = _names(module), _takers(module)
    inputs = tuple(
        DrivenBit(names[bit], "", INPUT, name, routed=False)
        for name, port in module["ports"].items()
        if port["direction"] == "input" and name != _CLOCK
        for bit in port["bits"]
        if bit in takers
    )
    return inputs + tuple(
        DrivenBit(names[bit], name, cell["type"], port, _is_routed(cell["type"], takers[bit]))
        for name, cell in module["cells"].items()
        for port, direction in cell["port_directions"].items()
        if direction == "output"
        for bit in cell["connections"][port]
        if bit in takers
    )


def _names(module: Mapping) -> dict[int, str]:
    """Name of each bit of a netlist's nets."""
    names = {}
    for name, net in module["netnames"].items():
        bits = net["bits"]
        for index, bit in enumerate(bits):
            names[bit] = name if len(bits) == 1 else f"{name}[{index + net.get('offset', 0)}]"
    return names


def _takers(module: Mapping) -> dict[int, list[tuple[str, str]]]:
    """Types of cells and names of inputs that each bit goes to; of the module's output, its name
    alone."""
    takers: dict[int, list[tuple[str, str]]] = {}
    for cell in module["cells"].values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                for bit in bits:
                    takers.setdefault(bit, []).append((cell["type"], port))
    for name, port in module["ports"].items():
        if port["direction"] == "output":
            for bit in port["bits"]:
                takers.setdefault(bit, []).append(("", name))
    return takers


def _is_routed(driver: str, takers: Collection[tuple[str, str]]) -> bool:
    return driver not in _ABSORBED and not all(
        port in _DEDICATED.get(cell, ())
        or (cell.startswith("SB_") and (driver, port) in _ICE40_CELL)
        for cell, port in takers
    )
