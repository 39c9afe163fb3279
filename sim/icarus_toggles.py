"""Toggles of a netlist by another simulator, Icarus, from the waves that it records.

It is slower than what `sim.toggles` does and takes room, and is there for what that cannot do: to
count a second time, and to count changes within a cycle where LUTs have delays.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from build_decoder.hdl.yosys import yosys_share
from build_decoder.models.errors import ToolError, ToolMissing
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.primitives import cell_sources
from build_decoder.sim.vectors import input_words, write_words

__all__ = ["icarus_toggles", "run_icarus", "with_slow_luts"]

_BENCH = """\
`timescale 1ns/1ps
module bench;
  reg clk = 0, rst = 1;
  always #5 clk = !clk;
  reg [{width} - 1:0] words [0:{words} - 1];
  initial begin
    $readmemh("inputs.hex", words);
    #102 rst = 0;
  end
  reg [31:0] taken = 0;
  wire ready;
  wire valid = !rst && taken < {words};
  decoder dut (
      .clk(clk), .rst(rst),
      .i__payload(words[taken]), .i__valid(valid), .i__ready(ready), .o__ready(1'b1)
  );
  initial begin
    $dumpfile("waves.vcd");
    $dumpvars(1, dut);
  end
  integer counted = 0, start;
  always @(posedge clk) begin
    if (valid && ready) taken <= taken + 1;
    if (!rst && taken >= {after}) begin
      if (counted == 0) begin
        start = $fopen("start.txt", "w");
        $fwrite(start, "%0d", $time);
        $fclose(start);
      end
      counted <= counted + 1;
      if (counted == {cycles}) $finish;
    end
  end
endmodule
"""


_PERIOD, _UNIT = 10, 1000
_NO_PARAMETER = re.compile(r"parameter .*not found")
_LUT = re.compile(r"^module LUT\d(?:_2)?\(.*?^endmodule", re.DOTALL | re.MULTILINE)


def run_icarus(
    sources: Sequence[Path], folder: Path, include_dirs: Sequence[Path] = ()
) -> None:
    """Compile the module ``bench`` and run it in ``folder``.

    Raises
    ------
    ToolMissing
        If there is no Icarus.
    ToolError
        If it does not take the sources, they set a parameter that no module has, of which it only
        warns, or it breaks off.
    """
    for program in ("iverilog", "vvp"):
        if shutil.which(program) is None:
            raise ToolMissing(f"icarus: no {program} on PATH")
    includes = [f"-I{path}" for path in include_dirs]
    for command in (
        ["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", *includes, *map(str, sources)],
        ["vvp", "-n", "bench.vvp"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode or _NO_PARAMETER.search(done.stderr):
            said = next(iter((done.stderr + done.stdout).splitlines()), "nothing said")
            raise ToolError(f"icarus: {command[0]} failed: {said}")


def icarus_toggles(
    netlist: ExportedDecoder,
    x_raw: np.ndarray,
    cycles: int,
    folder: Path,
    *,
    delays: Mapping[str, float] | None = None,
) -> dict[str, int]:
    """Toggles of each bit of a netlist's nets, by its name.

    Counting begins with the second frame, at the cycle that offers its first transfer.

    Parameters
    ----------
    netlist
        With a family whose library Icarus takes; those of 7 series and iCE40 are.
    x_raw
        Raw int64 inputs (frames, inputs).
    cycles
        How many cycles, of 10 ns, are counted.
    folder
        For everything that is made on the way.
    delays
        Nanoseconds of LUTs of 7 series by the name of the cell; none of any cell if None. Pulses
        that are shorter than a LUT's delay do not go through it.

    Raises
    ------
    ToolError
        If Icarus or Yosys is missing, or does not take the netlist.
    """
    interface = netlist.interface
    folder.mkdir(parents=True, exist_ok=True)
    words = input_words(interface, x_raw, seed=0)
    write_words(folder / "inputs.hex", words, interface.input_width)
    (folder / "bench.v").write_text(
        _BENCH.format(
            width=interface.input_lanes * interface.input_width, words=len(words),
            after=interface.input_beats, cycles=cycles,
        )
    )
    cells, include_dirs = cell_sources(netlist.family, yosys_share(), folder / "cells")
    source = netlist.source
    if delays is not None:
        slow = [folder / "cells" / path.name for path in cells]
        for path, copy in zip(cells, slow, strict=True):
            copy.write_text(with_slow_luts(path.read_text()))
        cells = slow
        source = folder / "delayed.v"
        source.write_text(_with_delays(netlist.source.read_text(), delays))
    run_icarus([folder / "bench.v", source, *cells], folder, include_dirs)
    start = int((folder / "start.txt").read_text())
    # The first cycle's value changes at the edge that ends it, at `start`.
    counted = range(_UNIT * start, _UNIT * (start + _PERIOD * cycles))
    with open(folder / "waves.vcd") as lines:
        return dict(_toggles(iter(lines), counted))


def with_slow_luts(cells: str) -> str:
    """Models of cells, in which those of LUTs get a parameter ``DELAY`` of all their outputs."""
    return _LUT.sub(_slow, cells)


def _slow(module: re.Match) -> str:
    """A LUT's module whose outputs have a delay."""
    text = module[0].replace("parameter", "parameter DELAY = 0;\n  parameter", 1)
    return re.sub(r"assign (O\d?) =", r"assign #(DELAY) \1 =", text)


def _with_delays(netlist: str, delays: Mapping[str, float]) -> str:
    given = "".join(f"  defparam {cell}.DELAY = {delay};\n" for cell, delay in delays.items())
    body, _, _ = netlist.rpartition("endmodule")
    return f"{body}{given}endmodule\n"


def _toggles(lines: Iterator[str], counted: range) -> Iterator[tuple[str, int]]:
    """Changes of each bit at those times, in the unit of the waves."""
    names: dict[str, list[list[str]]] = {}
    for line in lines:
        match line.split():
            case ["$var", _, width, code, name, *index, "$end"]:
                low = int(index[0].strip("[]").split(":")[-1]) if index else 0
                bits = [f"{name}[{low + n}]" if index else name for n in range(int(width))]
                names.setdefault(code, []).append(bits)
            case ["$enddefinitions", *_]:
                break
    values, counts = {}, {code: [0] * len(bits[0]) for code, bits in names.items()}
    time = 0
    for line in lines:
        if line[0] == "#":
            time = int(line[1:])
        elif line[0] in "01xzb":
            value, code = line[1:].split() if line[0] == "b" else (line[0], line[1:].strip())
            width = len(counts[code])
            new = value.rjust(width, value[0] if value[0] in "xz" else "0")[::-1]
            for bit, (old, now) in enumerate(zip(values.get(code, new), new, strict=True)):
                counts[code][bit] += old != now and time in counted
            values[code] = new
    for code, of_code in names.items():
        for bits in of_code:
            yield from zip(bits, counts[code], strict=True)
