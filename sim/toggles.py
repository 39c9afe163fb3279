"""Toggles: how often each output of a netlist's cells changes while frames run."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.hdl.yosys import run_yosys
from build_decoder.sim.bench_files import WAVES
from build_decoder.sim.decoder_bench import TOP, ExportedDecoder, decoder_bench
from build_decoder.sim.errors import CheckFailed

__all__ = ["CellOutput", "Toggles", "count_toggles", "named_netlist"]

_FIRST = 1
"""Frame with which counting begins: the pipeline is full, as it is from then on."""

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

_ABSORBED = {"INV"}
"""Cells that become part of what takes their output."""


@dataclass(frozen=True)
class CellOutput:
    """An output of a cell.

    Parameters
    ----------
    cell
        Name of the cell in the netlist.
    type
        Its type, as ``LUT6``.
    port
        Name of the output.
    toggles
        Changes of each bit, the last bit first.
    high
        Cycles that each bit was 1.
    nets
        Name of the net that each bit drives, as ``net_3[1]``; None if nothing takes it.
    routed
        Whether each bit is a net of the general routing: it goes to an input of a cell, or of a
        port, other than by a wire that the slice or block has for it.
    """

    cell: str
    type: str
    port: str
    toggles: tuple[int, ...]
    high: tuple[int, ...]
    nets: tuple[str | None, ...]
    routed: tuple[bool, ...]


@dataclass(frozen=True)
class Toggles:
    """What was counted over some frames, one after the other without a pause.

    No cell has a delay there: what changes more than once in a cycle on its way to its value counts
    once, or not at all.

    Parameters
    ----------
    netlist
        Verilog of the netlist, with the names of cells and nets.
    outputs
        All outputs of all cells.
    cycles, frames
        Over how many cycles and frames.
    """

    netlist: Path
    outputs: tuple[CellOutput, ...]
    cycles: int
    frames: int

    def routed_by_type(self) -> dict[str, int]:
        """Toggles of nets of the general routing, by the type of cell that drives them."""
        found: dict[str, int] = {}
        for output in self.outputs:
            bits = zip(output.toggles, output.routed, strict=True)
            count = sum(toggles for toggles, routed in bits if routed)
            found[output.type] = found.get(output.type, 0) + count
        return found


def named_netlist(netlist_json: Path, work_dir: Path) -> tuple[Path, Path]:
    """The netlist as Verilog and JSON in which each cell, and each net, has the same name in both,
    which is a number.

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
            "rename -hide",
            "opt_clean -purge",
            "rename -enumerate -pattern net_% w:*",
            "rename -enumerate -pattern cell_% c:*",
            f"write_json {named.name}",
            f"write_verilog -noattr {verilog.name}",
        ],
        work_dir,
    )
    return verilog, named


def count_toggles(
    decoder: ExportedDecoder,
    netlist_json: Path,
    x_raw: np.ndarray,
    y_raw: np.ndarray,
    work_dir: Path,
) -> Toggles:
    """Toggles of a netlist's cells, on real frames back to back.

    Counting goes from a frame's first input on, the second one's, for a whole number of frames: the
    first and the last of ``x_raw`` are what is ahead and behind.

    Parameters
    ----------
    decoder
        The decoder, whose source is not looked at.
    netlist_json
        Its netlist.
    x_raw, y_raw
        Raw int64 inputs (frames, inputs) and expected outputs (frames, outputs), 3 frames or more.
    work_dir
        Folder for everything that is made on the way.

    Raises
    ------
    ValueError
        If there are less than 3 frames.
    ToolError
        If Yosys or Verilator is missing, or stops with an error.
    CheckFailed
        If the netlist does not give ``y_raw``.
    """
    frames = len(x_raw) - 2
    if frames < 1:
        raise ValueError(f"expected 3 frames or more, got {len(x_raw)}")
    verilog, named = named_netlist(netlist_json, work_dir / "netlist")
    netlist = ExportedDecoder(verilog, decoder.interface, decoder.family)
    bench = decoder_bench(
        netlist, work_dir / "bench", frames=len(x_raw), simulator="verilator", waves=True
    )
    result = bench.run(x_raw, y_raw, work_dir / "run", waves_from=_FIRST)
    if result.mismatches:
        raise CheckFailed(f"netlist: {result.first_mismatch}")
    cycles = frames * decoder.interface.frame_cycles
    module = json.loads(named.read_text())["modules"][TOP]
    cells = module["cells"]
    outputs = {
        (name, port): cell["connections"][port]
        for name, cell in cells.items()
        for port, direction in cell["port_directions"].items()
        if direction == "output"
    }
    routed, taken, nets = _routed(module), _taken(module, {}), _net_names(module)
    counted = _counted(work_dir / "run" / WAVES, outputs, cycles)
    found = []
    for (cell, port), (toggles, high) in counted.items():
        kind, bits = cells[cell]["type"], outputs[cell, port]
        found.append(
            CellOutput(
                cell, kind, port, toggles, high,
                nets=tuple(nets[bit] if bit in taken else None for bit in bits),
                routed=tuple(kind not in _ABSORBED and bit in routed for bit in bits),
            )
        )  # fmt: skip
    return Toggles(verilog, tuple(found), cycles, frames)


def _net_names(module: Mapping) -> dict[int, str]:
    """Name of each bit of a netlist's nets."""
    names = {}
    for name, net in module["netnames"].items():
        bits = net["bits"]
        for index, bit in enumerate(bits):
            names[bit] = name if len(bits) == 1 else f"{name}[{index + net.get('offset', 0)}]"
    return names


def _taken(module: Mapping, besides: Mapping[str, Collection[str]]) -> set[int]:
    """Bits of nets that a netlist's module takes somewhere else than at these inputs of cells, by
    type of cell."""
    taken = set()
    for cell in module["cells"].values():
        left_out = besides.get(cell["type"], ())
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input" and port not in left_out:
                taken.update(bits)
    for port in module["ports"].values():
        if port["direction"] == "output":
            taken.update(port["bits"])
    return taken


def _routed(module: Mapping) -> set[int]:
    """Bits of nets that go by the general routing."""
    return _taken(module, _DEDICATED)


class _Bits:
    """Changes of a signal, bit by bit, and how long each was 1."""

    def __init__(self, width: int):
        self.value = 0
        self.since = [0] * width
        self.toggles = [0] * width
        self.high = [0] * width

    def start(self, value: int, time: int) -> None:
        self.value, self.since = value, [time] * len(self.since)

    def change(self, value: int, time: int) -> None:
        changed, bit = self.value ^ value, 0
        while changed:
            if changed & 1:
                self.toggles[bit] += 1
                if self.value >> bit & 1:
                    self.high[bit] += time - self.since[bit]
                self.since[bit] = time
            changed, bit = changed >> 1, bit + 1
        self.value = value

    def end(self, time: int) -> None:
        for bit, since in enumerate(self.since):
            if self.value >> bit & 1:
                self.high[bit] += time - since


def _counted(
    vcd: Path, outputs: Mapping[tuple[str, str], list], cycles: int
) -> dict[tuple[str, str], tuple[tuple[int, ...], tuple[int, ...]]]:
    """Toggles and cycles at 1 of all ``outputs``, cell and port, by what a run has recorded."""
    with open(vcd, "rb") as lines:
        signals, clock = _declared(lines, outputs)
        missing = outputs.keys() - signals.keys()
        if missing:
            cell, port = min(missing)
            raise CheckFailed(f"expected outputs of all cells in waves, got no {cell}.{port}")
        bits = {code: _Bits(width) for code, width in signals.values()}
        period = _read(lines, bits, clock, cycles)
    found = {}
    for key, (code, _) in signals.items():
        one = bits[code]
        found[key] = tuple(one.toggles), tuple(round(each / period) for each in one.high)
    return found


def _declared(
    lines: Iterator[bytes], outputs: Mapping[tuple[str, str], list]
) -> tuple[dict[tuple[str, str], tuple[bytes, int]], bytes]:
    """Short name and width of each output, and the short name of the bench's clock."""
    signals, clock, scopes = {}, b"", []
    for line in lines:
        words = line.split()
        match words[:1]:
            case [b"$scope"]:
                scopes.append(words[2].decode())
            case [b"$upscope"]:
                scopes.pop()
            case [b"$var"]:
                name, width, code = words[4].decode(), int(words[2]), words[3]
                if scopes == ["bench"] and name == "clk":
                    clock = code
                elif scopes[:-1] == ["bench", "dut"] and (scopes[-1], name) in outputs:
                    signals[scopes[-1], name] = code, width
            case [b"$enddefinitions"]:
                return signals, clock
    raise CheckFailed("expected waves with declarations, got none")


def _read(
    lines: Iterator[bytes], bits: Mapping[bytes, _Bits], clock: bytes, cycles: int
) -> int:
    """Follow changes from the first time on for ``cycles`` cycles; returns the clock's period."""
    start = time = None
    rises = []
    for line in lines:
        if line.startswith(b"#"):
            time = int(line[1:])
            if start is None:
                start = time
            # Values after an edge stand at its time: the last one of the last cycle is in it.
            if len(rises) == 2 and time >= start + cycles * (rises[1] - rises[0]):
                break
        elif line.strip():
            code, value = _change(line)
            if code == clock and value and time > start and len(rises) < 2:
                rises.append(time)
            if code in bits:
                if time == start:
                    bits[code].start(value, time)
                else:
                    bits[code].change(value, time)
    else:
        raise CheckFailed(f"expected waves of {cycles} cycles, got less")
    for one in bits.values():
        one.end(time)
    return rises[1] - rises[0]


def _change(line: bytes) -> tuple[bytes, int]:
    """Short name and new value of a line of changes."""
    if line.startswith(b"b"):
        value, code = line[1:].split()
        return code, int(value, 2)
    return line[1:].strip(), line[0] - ord("0")
