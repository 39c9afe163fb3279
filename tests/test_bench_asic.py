"""Decoders in standard cells: netlists are equal to the integer model, and what OpenSTA says."""

import gzip
import re
import shutil
from pathlib import Path

import pytest

from build_decoder.bench import asic
from build_decoder.models.errors import InputError
from build_decoder.sim.standard_cells import map_to_cells

LIBRARY = Path(__file__).with_name("standard_cells.lib")
without_opensta = pytest.mark.skipif(
    not (shutil.which("sta") or shutil.which("opensta")),
    reason="no OpenSTA (Debian's package opensta)",
)
COUNTER = """\
module decoder(input clk, input rst, input [9:0] a, output reg [3:0] q, output [7:0] wide,
               output [2:0] few);
  reg [7:0] large [0:1023];
  reg [2:0] small [0:7];
  reg [7:0] w; reg [2:0] s;
  integer n;
  initial begin
    q = 5;
    for (n = 0; n < 1024; n = n + 1) large[n] = (n * n * 29) >> 3;
    for (n = 0; n < 8; n = n + 1) small[n] = (n * 3) >> 1;
  end
  always @(posedge clk) begin
    q <= rst ? 0 : q + 1;
    w <= large[a]; s <= small[a[2:0]];
  end
  assign wide = w; assign few = s;
endmodule
"""


def mapped(tmp_path, source, library=LIBRARY, **options):
    (tmp_path / "given.v").write_text(source)
    options = {"clock_mhz": 100, "macros": True} | options
    return map_to_cells(tmp_path / "given.v", library, tmp_path / "work", **options)


def test_large_memories_are_macros_and_small_ones_gates(tmp_path):
    netlist = mapped(tmp_path, COUNTER)
    (macro,) = netlist.macros
    assert (macro.rows, macro.width, macro.written, macro.bits) == (1024, 8, False, 8192)
    assert netlist.gate_area == 2
    # 4 of the counter, 3 of the small memory's output; the large one's register is the macro's.
    assert netlist.cells["DFF"] == 7
    assert netlist.sequential_gates == 7 * 9 / 2
    assert netlist.area == sum(
        number * {"INV": 1, "BUF": 2, "NAND2": 2, "NOR2": 2, "XOR2": 5, "DFF": 9}[name]
        for name, number in netlist.cells.items()
    )
    assert [path.name for path in netlist.models] == ["models.v", "macros.v"]


@pytest.mark.slow
def test_all_memories_as_gates(tmp_path):
    netlist = mapped(tmp_path, COUNTER, macros=False)
    assert netlist.macros == ()
    assert len(netlist.models) == 1
    assert netlist.cells["DFF"] == 7 + 8


@pytest.mark.slow
def test_cells_that_must_not_be_used(tmp_path):
    assert "XOR2" in mapped(tmp_path, COUNTER).cells
    assert "XOR2" not in mapped(tmp_path, COUNTER, unused=["XOR*"]).cells


@pytest.mark.slow
def test_a_compressed_library(tmp_path):
    compressed = tmp_path / "cells.lib.gz"
    compressed.write_bytes(gzip.compress(LIBRARY.read_bytes()))
    assert mapped(tmp_path, COUNTER, compressed).gate_area == 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: "no library", "expected a Liberty file of standard cells"),
        (lambda text: re.sub(r"cell \(DFF\).*", "}", text, flags=re.DOTALL),
         "expected cells for all that a decoder is made of"),
    ],
    ids=["text", "no flip-flop"],
)  # fmt: skip
def test_what_is_wrong_with_a_library(tmp_path, change, expected):
    library = tmp_path / "changed.lib"
    library.write_text(change(LIBRARY.read_text()))
    with pytest.raises(InputError, match=f"changed.lib: {expected}, got ") as error:
        mapped(tmp_path, COUNTER, library)
    assert "/yosys.log" not in str(error.value)


@without_opensta
@pytest.mark.slow
def test_a_network(capsys):
    assert asic.main(["tiny", "--liberty", str(LIBRARY), "--frames", "2"]) == 0
    out = capsys.readouterr().out
    assert "4 golden frames compared with the integer model, 0 mismatches" in out
    assert re.search(r"estimated energy a frame: [0-9.]+ nJ dynamic", out)


def test_a_file_that_is_not_there(capsys):
    assert asic.main(["tiny", "--liberty", "nowhere.lib"]) == 2
    assert capsys.readouterr().err == (
        "bench.asic: --liberty: expected a Liberty file, got nowhere.lib, which is none\n"
    )
