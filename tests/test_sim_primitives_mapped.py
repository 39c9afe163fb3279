"""Models of cells, second oracle: memories mapped by Yosys do what their source does."""

import re

import numpy as np
import pytest
from verilator_bench import run_bench

from build_decoder.hdl.families import get
from build_decoder.hdl.yosys import yosys_share
from build_decoder.sim.primitives import cell_sources
from build_decoder.sim.synthesis import TARGETS, synthesise
from tests.sweeps import swept


def _memories(folder):
    """A design with memories of several shapes; what each does is plain in its few lines."""
    random = np.random.default_rng(3)
    for name, rows, width in (
        ("rom_wide", 800, 120), ("rom_narrow", 1024, 7), ("ram", 512, 36), ("single", 1024, 18),
        ("bits", 16384, 1), ("lanes", 512, 36),
    ):
        values = [int.from_bytes(random.bytes(16), "little") >> 128 - width for _ in range(rows)]
        (folder / f"{name}.hex").write_text("".join(f"{value:x}\n" for value in values))
    return """
module memories (
    input clk, input en, input we, input [13:0] ra, input [13:0] wa, input [35:0] d,
    output reg [119:0] wide, output reg [6:0] narrow, output reg [35:0] old,
    output reg [17:0] kept, output reg deep, output reg [35:0] bytes
);
  reg [119:0] rom_wide[0:799];
  reg [6:0] rom_narrow[0:1023];
  reg [35:0] ram[0:511];
  reg [17:0] single[0:1023];
  reg bits[0:16383];
  reg [35:0] lanes[0:511];
  integer n;
  initial begin
    $readmemh("rom_wide.hex", rom_wide);
    $readmemh("rom_narrow.hex", rom_narrow);
    $readmemh("ram.hex", ram);
    $readmemh("single.hex", single);
    $readmemh("bits.hex", bits);
    $readmemh("lanes.hex", lanes);
    wide = 0;
    narrow = 0;
    old = 0;
    kept = 0;
    deep = 0;
    bytes = 0;
  end
  always @(posedge clk) begin
    if (en) wide <= rom_wide[ra[9:0] % 800];
    if (en) narrow <= rom_narrow[ra[9:0]];
    // Reads what was there before the write.
    if (we) ram[wa[8:0]] <= d;
    if (en) old <= ram[ra[8:0]];
    // One port, which reads only when it does not write.
    if (en) if (we) single[ra[9:0]] <= d[17:0]; else kept <= single[ra[9:0]];
    if (we) bits[wa] <= d[0];
    deep <= bits[ra];
    // Enables of bytes; reads what is being written.
    for (n = 0; n < 4; n = n + 1) if (we && d[n]) lanes[wa[8:0]][9*n+:9] <= d[9*n+:9];
    if (en) begin
      bytes <= lanes[ra[8:0]];
      for (n = 0; n < 4; n = n + 1)
        if (we && d[n] && wa[8:0] == ra[8:0]) bytes[9*n+:9] <= d[9*n+:9];
    end
  end
endmodule
"""


_MEMORIES_BENCH = """
module bench (input clk);
  reg en = 0, we = 0;
  reg [13:0] ra = 0, wa = 0;
  reg [35:0] d = 0;
  wire [217:0] rtl, netlist;
  memories memories (clk, en, we, ra, wa, d, rtl[217:98], rtl[97:91], rtl[90:55], rtl[54:37],
                     rtl[36], rtl[35:0]);
  mapped mapped (clk, en, we, ra, wa, d, netlist[217:98], netlist[97:91], netlist[90:55],
                 netlist[54:37], netlist[36], netlist[35:0]);
  integer n = 0, wrong = 0;
  always @(negedge clk) begin
    if (rtl !== netlist) begin
      if (wrong == 0) $display("cycle %0d: expected %h, got %h", n, rtl, netlist);
      wrong = wrong + 1;
    end
    n = n + 1;
    // First all that the memories start with, and then few places, so that reads meet writes.
    en = $urandom_range(3) != 0;
    we = n >= 16384 && $urandom_range(1) != 0;
    ra = n < 16384 ? n : $urandom & 14'h300f;
    wa = $urandom_range(3) == 0 ? ra : $urandom & 14'h300f;
    d = {$urandom, $urandom};
    if (n == 30000) begin
      $display("wrong=%0d", wrong);
      $finish;
    end
  end
endmodule
"""


@pytest.mark.parametrize("family", swept(map(get, TARGETS), 2), ids=str)
def test_memories_mapped_by_yosys_do_what_their_source_does(family, tmp_path):
    source = tmp_path / "memories.v"
    source.write_text(_memories(tmp_path))
    result = synthesise(source, family, tmp_path, top="memories")
    assert result.resources.bram >= 5
    netlist = tmp_path / "mapped.v"
    text = result.netlist_verilog.read_text()
    netlist.write_text(re.sub(r"^module memories\b", "module mapped", text, flags=re.MULTILINE))
    bench = tmp_path / "bench.v"
    bench.write_text(_MEMORIES_BENCH)
    cells, include_dirs = cell_sources(family, yosys_share(), tmp_path)
    run = run_bench([*cells, source, netlist, bench], tmp_path, include_dirs=include_dirs)
    assert "wrong=0" in run.stdout, run.stdout + run.stderr
