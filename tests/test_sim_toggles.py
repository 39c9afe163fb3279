"""Toggles of netlists: what is read of waves, and what is a net of the general routing."""

import re

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families import get
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.interface import Interface
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.saif import write_saif
from build_decoder.sim.synthesis import synthesise
from build_decoder.sim.toggles import CellOutput, Toggles, _counted, _routed, count_toggles
from tests.test_hdl_decoder import model

WAVES = """\
$timescale 1ps $end
 $scope module bench $end
  $var wire 1 k clk $end
  $scope module dut $end
   $var wire 1 z O $end
   $scope module cell_1 $end
    $var wire 1 a O $end
    $var wire 1 x I0 $end
   $upscope $end
   $scope module some.block $end
    $var wire 4 b P [3:0] $end
    $scope module inside $end
     $var wire 1 c O $end
    $upscope $end
   $upscope $end
  $upscope $end
 $upscope $end
$enddefinitions $end

#1000
0k
1a
b0101 b
#1500
1k
0a
#2000
0k
#2500
1k
b1001 b
#3000
0k
#3500
1k
1a
b1111 b
#4000
0k
#4500
1k
0a
b0000 b
"""


def counted(tmp_path, outputs, cycles):
    path = tmp_path / "waves.vcd"
    path.write_text(WAVES)
    return _counted(path, outputs, cycles)


def test_changes_and_cycles_at_one(tmp_path):
    found = counted(tmp_path, {("cell_1", "O"): [7], ("some.block", "P"): [1, 2, 3, 4]}, 3)
    assert found["cell_1", "O"] == ((2,), (1,))
    # 0101, after 1.5 cycles 1001, after one more 1111, until the end half a cycle later.
    assert found["some.block", "P"] == ((0, 1, 2, 1), (3, 0, 2, 2))


def test_waves_that_lack_something(tmp_path):
    with pytest.raises(CheckFailed, match="got no cell_2.O"):
        counted(tmp_path, {("cell_2", "O"): [1]}, 3)
    with pytest.raises(CheckFailed, match="expected waves of 9 cycles, got less"):
        counted(tmp_path, {("cell_1", "O"): [1]}, 9)


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
            "o": {"direction": "output", "bits": [10]}, "i": {"direction": "input", "bits": [11]}
        },
    }
    # A carry goes up by its own wire, both inputs of a multiplexer come by theirs.
    assert _routed(module) == {2, 5, 7, 10}


def test_saif(tmp_path):
    """Each net once, by its name, and for how long it was 0 and 1."""
    outputs = (
        CellOutput("cell_0", "LUT2", "O", (3,), (4,), ("net_7",), (True,)),
        CellOutput("cell_1", "DSP48E1", "P", (1, 0), (9, 0), ("net_2[5]", None), (True, False)),
    )
    path = tmp_path / "toggles.saif"
    write_saif(Toggles(tmp_path, outputs, 10, 2), path, top="decoder", clock_mhz=50)
    text = path.read_text()
    assert text.count("(") == text.count(")")
    assert "(DURATION 200000)" in text
    assert re.findall(r"\((net\S*) (.*)\)\n", text) == [
        (r"net_2\[5\]", "(T0 20000) (T1 180000) (TX 0) (TC 1) (IG 0)"),
        ("net_7", "(T0 120000) (T1 80000) (TX 0) (TC 3) (IG 0)"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("target", ["xc7", "ecp5"])
def test_a_netlist(target, tmp_path):
    family = get(target)
    net = model((6, 4, 2), ("sigmoid", "tanh"))
    decoder = Decoder(design_decoder(net, family=family))
    (tmp_path / "decoder.v").write_text(to_verilog(decoder, family=family))
    exported = ExportedDecoder(tmp_path / "decoder.v", Interface.of(decoder), family)
    synthesis = synthesise(exported.source, family, tmp_path / "synthesis")
    low, high = net.input_format.min_raw, net.input_format.max_raw
    x = np.random.default_rng(1).integers(low, high, (8, 6), endpoint=True)
    y = net.compute(x)
    found = count_toggles(exported, synthesis.netlist_json, x, y, tmp_path / "toggles")
    assert (found.frames, found.cycles) == (6, 6 * decoder.frame_cycles)
    for output in found.outputs:
        for toggles, at_one in zip(output.toggles, output.high, strict=True):
            assert 0 <= at_one <= found.cycles
            assert toggles <= 2 * min(at_one, found.cycles - at_one) + 1
    assert sum(found.routed_by_type().values()) > found.cycles
    # All that a cell drives and something takes has a name, and that name is in the netlist.
    names = [net for output in found.outputs for net in output.nets if net is not None]
    assert len(names) == len(set(names))
    text = found.netlist.read_text()
    for name in names:
        assert re.search(rf"\b{re.escape(name.partition('[')[0])}\b", text)
    # Frames that are all alike change nothing but control.
    still = count_toggles(
        exported, synthesis.netlist_json, x[[0] * 8], y[[0] * 8], tmp_path / "still"
    )
    assert sum(still.routed_by_type().values()) < sum(found.routed_by_type().values())
    with pytest.raises(ValueError, match="expected 3 frames or more, got 2"):
        count_toggles(exported, synthesis.netlist_json, x[:2], y[:2], tmp_path / "few")
    y[1, 0] ^= 1
    with pytest.raises(CheckFailed, match="netlist: frame 1, output 0"):
        count_toggles(exported, synthesis.netlist_json, x, y, tmp_path / "wrong")
