"""Toggles of the three designs whose currents the estimate for iCE40 stands on."""

from dataclasses import replace

import pytest
from verilator_bench import run_bench

from build_decoder.bench.energy_models.ice40 import CALIBRATION
from build_decoder.hdl.families import get
from build_decoder.hdl.yosys import yosys_share
from build_decoder.sim.named_netlist import named_netlist
from build_decoder.sim.synthesis import synthesise
from build_decoder.sim.toggle_meter import ToggleMeter

CYCLES = 4096
DESIGN = """\
module decoder(input clk, output o);
  {declared}
  assign o = {taken};
  always @(posedge clk) begin {counted} end
endmodule
"""
BENCH = """\
module bench(input clk);
  reg rst = 0;
  reg [31:0] taken = 0;
  decoder dut (.clk(clk));
  integer counts;
{made}
  always @(posedge clk) begin
    taken <= taken + 1;
    if (taken == {last}) begin
      counts = $fopen("counts.txt", "w");
{written}      $fclose(counts);
      $finish;
    end
  end
endmodule
"""


def counters(number: int, width: int) -> dict[str, str]:
    names = [f"c{n}" for n in range(number)]
    return {
        "declared": f"reg [{width - 1}:0] {', '.join(f'{name} = 0' for name in names)};",
        "taken": " ^ ".join(f"{name}[{width - 1}]" for name in names),
        "counted": " ".join(f"{name} <= {name} + 1;" for name in names),
    }


def with_product() -> dict[str, str]:
    design = counters(1, 24)
    return {
        "declared": f"{design['declared']} reg [7:0] a = 0, b = 0; wire [15:0] p = a * b;",
        "taken": f"{design['taken']} | &a | &b | ^p",
        "counted": f"{design['counted']} a <= a + 3; b <= b + 5;",
    }


def toggles(design: dict[str, str], folder, *, dsp: bool) -> float:
    """Routed nets that change in a cycle."""
    folder.mkdir()
    family = get("ice40") if dsp else replace(get("ice40"), synthesis_options="")
    (folder / "design.v").write_text(DESIGN.format(**design))
    synthesis = synthesise(folder / "design.v", family, folder / "synthesis")
    assert synthesis.resources.dsp == dsp
    netlist = named_netlist(synthesis.netlist_json, folder / "named")
    meter = ToggleMeter(tuple(f"dut.{bit.net}" for bit in netlist.driven), 0, CYCLES)
    bench = BENCH.format(
        last=CYCLES + 5, made=meter.made("meter"), written=meter.written("meter", "counts")
    )
    (folder / "bench.v").write_text(bench)
    cells = yosys_share() / family.netlist.library
    done = run_bench([cells, netlist.verilog, folder / "bench.v"], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = meter.read([int(each) for each in (folder / "counts.txt").read_text().split()])
    bits = zip(netlist.driven, counts, strict=True)
    return sum(count.toggles for bit, count in bits if bit.routed) / CYCLES


@pytest.mark.slow
def test_calibration(tmp_path):
    counter = toggles(counters(1, 24), tmp_path / "counter", dsp=False)
    product = toggles(with_product(), tmp_path / "product", dsp=False)
    block = toggles(with_product(), tmp_path / "block", dsp=True)
    more = toggles(counters(8, 28), tmp_path / "more", dsp=False)
    one = toggles(counters(1, 28), tmp_path / "one", dsp=False)
    counted = {
        "counters": more - one,
        "product": product - counter,
        "product in a block": block - counter,
    }
    assert counted == pytest.approx(CALIBRATION, rel=0.01)
