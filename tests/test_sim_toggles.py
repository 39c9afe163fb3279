"""Toggles of netlists: what a bench counts, and what is a net of the general routing."""

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from verilator_bench import run_bench

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.yosys import yosys_share
from build_decoder.models.errors import ToolMissing
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.icarus_toggles import icarus_toggles, run_icarus, with_slow_luts
from build_decoder.sim.named_netlist import INPUT, DrivenBit, NamedNetlist, _driven_bits, _is_routed
from build_decoder.sim.primitives import cell_sources
from build_decoder.sim.saif import write_saif
from build_decoder.sim.synthesis import synthesise
from build_decoder.sim.toggle_meter import NetCount, ToggleMeter
from build_decoder.sim.toggles import Toggles, count_toggles
from tests.test_hdl_decoder import model

BENCH = """\
module bench {head}
  reg rst = 1;
  reg [31:0] taken = 0;
  reg [63:0] noise = 64'h9e3779b97f4a7c15;
  reg [69:0] nets = 0;
  integer values, counts;
  initial values = $fopen("values.txt", "w");
  always @(posedge clk) begin
    $fwrite(values, "%b %0d %b\\n", rst, taken, nets);
    rst <= taken < 3;
    taken <= taken + 1;
    noise <= {{noise[62:0], noise[63] ^ noise[62] ^ noise[60] ^ noise[59]}};
    nets <= {{!nets[69], 1'b1, 3'd0, taken[5], noise}};
    if (taken == {last}) begin
      counts = $fopen("counts.txt", "w");
{written}      $fclose(counts);
      $fclose(values);
      $finish;
    end
  end
{made}endmodule
"""


@contextmanager
def skipped_without_icarus():
    try:
        yield
    except ToolMissing as missing:
        pytest.skip(f"expected Icarus: {missing}")


HEADS = {
    "verilator": "(input clk);",
    "icarus": ";\n  reg clk = 0;\n  always #5 clk = !clk;",
}


@pytest.mark.parametrize("simulator", HEADS)
def test_what_a_meter_counts(simulator, tmp_path):
    """More nets than a word has, among them quiet ones, over a number of cycles that is no power of
    two; and a run that ends before all are counted."""
    after, cycles = 10, 100
    nets = tuple(f"nets[{bit}]" for bit in range(70))
    meters = ToggleMeter(nets, after, cycles), ToggleMeter(nets[::-1], after, 1000)
    names = [f"meter_{n}" for n in range(len(meters))]
    bench = BENCH.format(
        head=HEADS[simulator], last=after + cycles + 20,
        made="".join(map(ToggleMeter.made, meters, names)),
        written="".join(map(ToggleMeter.written, meters, names, ["counts"] * 2)),
    )
    (tmp_path / "bench.v").write_text(bench)
    if simulator == "verilator":
        done = run_bench(["bench.v"], tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        with skipped_without_icarus():
            run_icarus([tmp_path / "bench.v"], tmp_path)
    rows = [line.split() for line in (tmp_path / "values.txt").read_text().splitlines()]
    seen = [row[2][::-1] for row in rows if row[0] == "0" and int(row[1]) >= after]
    seen = np.array([[bit == "1" for bit in row] for row in seen[: cycles + 1]])
    expected = (np.diff(seen, axis=0).sum(axis=0), seen[:-1].sum(axis=0))
    counts, too_long = (
        meter.read([int(count) for count in line.split()])
        for meter, line in zip(
            meters, (tmp_path / "counts.txt").read_text().splitlines(), strict=True
        )
    )
    assert counts == tuple(map(NetCount, *(each.tolist() for each in expected)))
    assert (counts[69].toggles, counts[68], counts[67]) == (100, NetCount(0, 100), NetCount(0, 0))
    assert too_long is None


def test_wires_of_their_own_are_not_routed():
    def cell(kind, **pins):
        directions = {pin: "output" if pin in ("O", "CO") else "input" for pin in pins}
        return {"type": kind, "port_directions": directions, "connections": pins}

    module = {
        "cells": {
            "low": cell("CARRY4", CI=["0"], S=[2], CO=[3], O=[4]),
            "high": cell("CARRY4", CI=[3], S=[5], CO=[6], O=[7]),
            "two": cell("MUXF7", I0=[8], I1=[9], S=[7], O=[10]),
        },
        "ports": {
            "o": {"direction": "output", "bits": [10]},
            "i": {"direction": "input", "bits": [1, 1, 2, 5, 8, 9]},
            "clk": {"direction": "input", "bits": [11]},
        },
        "netnames": {
            "i": {"bits": [1, 1, 2, 5, 8, 9]}, "clk": {"bits": [11]}, "o": {"bits": [10]},
            **{f"n{bit}": {"bits": [bit]} for bit in (3, 4, 6, 7)},
        },
    }
    bits = {bit.net: bit for bit in _driven_bits(module)}
    # A carry goes up by its own wire, both inputs of a multiplexer come by theirs.
    assert {net for net, bit in bits.items() if bit.routed} == {"n7", "o"}
    # Of the inputs' bits, the one that nothing takes is left out, and so is the clock.
    assert bits["i[2]"] == DrivenBit("i[2]", "", INPUT, "i", routed=False)
    # Nothing takes the last carry and one sum.
    assert set(bits) == {"i[2]", "i[3]", "i[4]", "i[5]", "n3", "n7", "o"}


def test_wires_within_a_logic_cell_of_an_ice40():
    takers = [("SB_CARRY", "CI"), ("SB_LUT4", "I3")]
    assert not _is_routed("SB_CARRY", takers)
    assert not _is_routed("SB_LUT4", [("SB_DFFESR", "D")])
    for driver, others in (
        ("SB_CARRY", [*takers, ("SB_LUT4", "I0")]),
        ("SB_LUT4", [("SB_LUT4", "I3")]),
        ("SB_LUT4", [("SB_DFFESR", "D"), ("SB_DFFESR", "E")]),
        ("SB_LUT4", [("SB_DFF", "D"), ("", "D")]),
        ("SB_DFF", [("SB_DFF", "D")]),
        ("LUT4", [("FDRE", "D")]),
    ):
        assert _is_routed(driver, others), driver


def test_saif(tmp_path):
    """Each net once, by its name, and for how long it was 0 and 1."""
    counts = {
        DrivenBit("net_7", "cell_0", "LUT2", "O", True): NetCount(3, 4),
        DrivenBit("net_2[5]", "cell_1", "DSP48E1", "P", False): NetCount(1, 9),
        DrivenBit("rst", "", INPUT, "rst", False): NetCount(0, 0),
    }
    path = tmp_path / "toggles.saif"
    toggles = Toggles(NamedNetlist(tmp_path, tuple(counts), {}), counts, 10, 2)
    write_saif(toggles, path, top="decoder", clock_mhz=50)
    text = path.read_text()
    assert text.count("(") == text.count(")")
    assert "(DURATION 200000)" in text
    assert re.findall(r"\((net\S*|rst) (.*)\)\n", text) == [
        (r"net_2\[5\]", "(T0 20000) (T1 180000) (TX 0) (TC 1) (IG 0)"),
        ("net_7", "(T0 120000) (T1 80000) (TX 0) (TC 3) (IG 0)"),
        ("rst", "(T0 200000) (T1 0) (TX 0) (TC 0) (IG 0)"),
    ]
    # Only nets of the general routing are summed.
    assert toggles.routed_by_type() == {"LUT2": 3}


@dataclass(frozen=True)
class Counted:
    """A small decoder's netlist, some frames, and what was counted of all but two."""

    decoder: ExportedDecoder
    netlist_json: Path
    x: np.ndarray
    y: np.ndarray
    toggles: Toggles


@pytest.fixture(scope="module", params=["xc7", "ecp5"])
def counted(request, tmp_path_factory):
    family, folder = get(request.param), tmp_path_factory.mktemp("counted")
    net = model((6, 4, 2), ("sigmoid", "tanh"))
    decoder = Decoder(design_decoder(net, family=family))
    (folder / "decoder.v").write_text(to_verilog(decoder, family=family))
    exported = ExportedDecoder(folder / "decoder.v", Interface.of(decoder), family)
    netlist = synthesise(exported.source, family, folder / "synthesis").netlist_json
    low, high = net.input_format.min_raw, net.input_format.max_raw
    x = np.random.default_rng(1).integers(low, high, (8, 6), endpoint=True)
    y = net.compute(x)
    toggles = count_toggles(exported, netlist, x, y, folder / "toggles")
    return Counted(exported, netlist, x, y, toggles)


@pytest.mark.slow
def test_a_netlist(counted, tmp_path):
    found, x, y = counted.toggles, counted.x, counted.y
    frame_cycles = counted.decoder.interface.frame_cycles
    assert (found.frames, found.cycles) == (6, 6 * frame_cycles)
    for count in found.counts.values():
        assert 0 <= count.high <= found.cycles
        assert count.toggles <= 2 * min(count.high, found.cycles - count.high) + 1
    assert sum(found.routed_by_type().values()) > found.cycles
    # Frames that are all alike change nothing but control.
    still = count_toggles(counted.decoder, counted.netlist_json, x[[0] * 8], y[[0] * 8], tmp_path)
    assert sum(still.routed_by_type().values()) < sum(found.routed_by_type().values())


@pytest.mark.slow
def test_frames_and_outputs_that_will_not_do(counted, tmp_path):
    x, wrong = counted.x, counted.y.copy()
    with pytest.raises(ValueError, match="expected 3 frames or more, got 2"):
        count_toggles(counted.decoder, counted.netlist_json, x[:2], wrong[:2], tmp_path)
    wrong[1, 0] ^= 1
    with pytest.raises(CheckFailed, match="netlist: frame 1, output 0"):
        count_toggles(counted.decoder, counted.netlist_json, x, wrong, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("counted", ["xc7"], indirect=True)
def test_icarus_counts_the_same(counted, tmp_path):
    """Net by net, from the waves of another simulator under a bench of its own."""
    found = counted.toggles
    netlist = replace(counted.decoder, source=found.netlist.verilog)
    with skipped_without_icarus():
        counts = icarus_toggles(netlist, counted.x, found.cycles, tmp_path)
    assert len(found.counts) > 100
    assert {bit.net: counts[bit.net] for bit in found.counts} == {
        bit.net: count.toggles for bit, count in found.counts.items()
    }


def test_all_outputs_of_luts_can_have_delays(tmp_path):
    """Wherever the model of a LUT is, Yosys' own or ours."""
    files, _ = cell_sources(get("xc7"), yosys_share(), tmp_path)
    found = set()
    for path in files:
        text = with_slow_luts(path.read_text())
        for name, body in re.findall(r"^module (LUT\w+)\b(.*?)^endmodule", text, re.M | re.DOTALL):
            found.add(name)
            assert body.count("parameter DELAY") == 1
            assert body.count("assign #(DELAY)") == len(re.findall(r"\boutput\b", body))
    assert {f"LUT{n}" for n in range(1, 7)} | {"LUT6_2"} == found


@pytest.mark.slow
@pytest.mark.parametrize("counted", ["xc7"], indirect=True)
def test_delays_of_luts_make_glitches(counted, tmp_path):
    """With LUTs that take some nanoseconds, carry chains change more often, and registers as often
    as without; delays of zero change nothing."""
    found = counted.toggles
    netlist = replace(counted.decoder, source=found.netlist.verilog)
    luts = {bit.cell for bit in found.counts if re.fullmatch(r"LUT\d", bit.type)}
    with skipped_without_icarus():
        still, late = (
            icarus_toggles(
                netlist, counted.x, found.cycles, tmp_path / str(delay),
                delays=dict.fromkeys(luts, delay),
            )
            for delay in (0, 0.5)
        )
    by_type = {}
    for bit, count in found.counts.items():
        assert still[bit.net] == count.toggles
        if bit.type.startswith("FD"):
            assert late[bit.net] == count.toggles
        by_type[bit.type] = by_type.get(bit.type, 0) + late[bit.net] - count.toggles
    assert by_type["CARRY4"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("counted", ["xc7"], indirect=True)
def test_all_that_a_cell_drives_is_in_the_saif_file(counted, tmp_path):
    """Each bit of an output of a cell that something takes, as the netlist's Verilog has it."""
    found = counted.toggles
    write_saif(found, tmp_path / "toggles.saif", top="decoder", clock_mhz=100)
    names = re.findall(r"^ *\((\S+) \(T0 ", (tmp_path / "toggles.saif").read_text(), re.M)
    assert len(names) == len(set(names))
    text = found.netlist.verilog.read_text()
    # Yosys leaves a pin out that drives nothing.
    driven = re.findall(r"\.(?:O|CO|Q|P|DO[AB]DO|DOP[AB]DOP)\(([^)]*)\)", text)
    nets = {net for pin in driven for net in re.findall(r"\w+", pin) if not net.isdigit()}
    in_file = {name.partition("\\[")[0] for name in names}
    assert len(nets) > 50
    taken = {net for net in nets if len(re.findall(rf"\b{net}\b", text)) > 2}
    assert taken <= in_file
