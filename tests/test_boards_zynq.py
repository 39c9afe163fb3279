"""The processing system's block, and a decoder beside it in a netlist."""

import json
import re
from collections import Counter

import pytest
from boards_rig import SumsDecoder, sums_model

from build_decoder import boards
from build_decoder.boards.xilinx.open_tools.check_netlist import faults
from build_decoder.boards.xilinx.toolchain import XilinxToolchain
from build_decoder.boards.zynq.ps7_inputs import PS7_INPUTS
from build_decoder.boards.zynq.top import ZynqTop
from build_decoder.hdl.yosys import find_yosys, yosys_share

pytestmark = pytest.mark.skipif(find_yosys() is None, reason="no Yosys on this machine")


def ports_of_ps7(direction: str) -> dict[str, int]:
    text = (yosys_share() / "xilinx" / "cells_xtra.v").read_text()
    (block,) = re.findall(r"^module PS7\(.*?^endmodule", text, re.DOTALL | re.MULTILINE)
    found = re.findall(rf"^\s*{direction} (?:\[(\d+):0\] )?(\w+);", block, re.MULTILINE)
    return {name: int(high or 0) + 1 for high, name in found}


def test_inputs_are_those_that_yosys_has():
    assert ports_of_ps7("input") == PS7_INPUTS


@pytest.fixture(scope="module")
def netlist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zynq")
    chain, board = XilinxToolchain(), boards.get("pynq_z1")
    chain.prepare(board, ZynqTop(SumsDecoder(sums_model()), 125), folder, seed=1)
    report = chain.synthesise(board, folder)
    # The input frame fits a few words: no block RAM.
    assert report.resources.lut < 700
    assert (report.resources.dsp, report.resources.bram) == (0, 0)
    return folder, json.loads((folder / "top.json").read_text())


def test_one_processing_system_whose_inputs_are_all_driven(netlist):
    cells = netlist[1]["modules"]["top"]["cells"].values()
    (ps7,) = (cell for cell in cells if cell["type"] == "PS7")
    for name, width in PS7_INPUTS.items():
        assert len(ps7["connections"][name]) == width
        assert not {"x", "z"} & {*ps7["connections"][name]}
    outputs = ports_of_ps7("output")
    for name, bits in ps7["connections"].items():
        if name not in PS7_INPUTS:
            assert len(bits) == outputs[name], name
    zeros = {name for name in PS7_INPUTS if {*ps7["connections"][name]} == {"0"}}
    used = {*PS7_INPUTS} - zeros
    assert all(name.startswith(("MAXIGP0", "SAXIHP0")) for name in used)
    assert {"MAXIGP0ACLK", "MAXIGP0RVALID", "SAXIHP0ACLK", "SAXIHP0ARADDR", "SAXIHP0WDATA"} <= used
    for channel in ("AR", "AW"):
        assert ps7["connections"][f"SAXIHP0{channel}CACHE"] == ["1", "1", "0", "0"]
        # Beats of 8 bytes, and addresses that rise.
        assert ps7["connections"][f"SAXIHP0{channel}SIZE"] == ["1", "1"]
        assert ps7["connections"][f"SAXIHP0{channel}BURST"] == ["1", "0"]


def test_every_bit_has_one_driver(netlist):
    top = netlist[1]["modules"]["top"]
    outputs = {"PS7": {*ports_of_ps7("output")}}
    driven = Counter()
    for cell in top["cells"].values():
        for name, bits in cell["connections"].items():
            directions = cell.get("port_directions", {})
            is_output = name in outputs.get(cell["type"], ()) or directions.get(name) == "output"
            driven.update(bit for bit in bits if is_output and not isinstance(bit, str))
    assert driven
    assert set(driven.values()) == {1}
    assert faults(netlist[1]) == []


def test_clock_and_reset(netlist):
    folder, design = netlist
    top = design["modules"]["top"]
    kinds = {name: [cell for cell in top["cells"].values() if cell["type"] == name]
             for name in ("PS7", "BUFG", "FDPE", "PLLE2_BASE", "IBUF", "OBUF")}  # fmt: skip
    (ps7,), (buffer,) = kinds["PS7"], kinds["BUFG"]
    assert buffer["connections"]["I"] == ps7["connections"]["FCLKCLK"][:1]
    clock = buffer["connections"]["O"]
    assert ps7["connections"]["MAXIGP0ACLK"] == ps7["connections"]["SAXIHP0ACLK"] == clock
    clocked = [cell for cell in top["cells"].values() if "C" in cell["connections"]]
    assert all(cell["connections"]["C"] == clock for cell in clocked)
    assert len(kinds["FDPE"]) == 2
    # Neither a PLL nor a pad: the block has its own.
    assert kinds["PLLE2_BASE"] + kinds["IBUF"] + kinds["OBUF"] == []
    assert top["netnames"]["fclk0"]["bits"] == clock
    assert "create_clock -period 8.0 [get_nets fclk0]" in (folder / "top.xdc").read_text()
    assert "wire fclk0;" in (folder / "top.v").read_text()
