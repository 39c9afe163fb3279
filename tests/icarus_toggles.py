"""Helper of tests: toggles of a netlist by another simulator, Icarus, from the waves it records."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.yosys import yosys_share
from build_decoder.sim.primitives import cell_sources
from build_decoder.sim.vectors import input_words, write_words

__all__ = ["icarus_toggles", "run_icarus"]

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


def run_icarus(sources: list[Path], folder: Path, include_dirs: list[Path] = ()) -> None:
    """Compile the module ``bench`` and run it in ``folder``; skips the test without Icarus."""
    for program in ("iverilog", "vvp"):
        if shutil.which(program) is None:
            pytest.skip(f"expected Icarus, got no {program} on PATH")
    includes = [f"-I{path}" for path in include_dirs]
    for command in (
        ["iverilog", "-g2012", "-s", "bench", "-o", "bench.vvp", *includes, *map(str, sources)],
        ["vvp", "-n", "bench.vvp"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr


def icarus_toggles(
    netlist: Path, interface: Interface, family: Family, x_raw: np.ndarray, cycles: int,
    folder: Path,
) -> dict[str, int]:
    """Toggles of each bit of a netlist's nets, by its name.

    Counting begins with the second of the frames ``x_raw``, at the cycle that offers its first
    transfer.
    """
    folder.mkdir()
    words = input_words(interface, x_raw, seed=0)
    write_words(folder / "inputs.hex", words, interface.input_width)
    (folder / "bench.v").write_text(
        _BENCH.format(
            width=interface.input_lanes * interface.input_width, words=len(words),
            after=interface.input_beats, cycles=cycles,
        )
    )
    cells, include_dirs = cell_sources(family, yosys_share(), folder / "cells")
    run_icarus([folder / "bench.v", netlist, *cells], folder, include_dirs)
    start = int((folder / "start.txt").read_text())
    # The first cycle's value changes at the edge that ends it, at `start`.
    counted = range(_UNIT * start, _UNIT * (start + _PERIOD * cycles))
    with open(folder / "waves.vcd") as lines:
        return dict(_toggles(iter(lines), counted))


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
