"""What is handed to the open tools has none of the faults that they refuse or misread."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import xilinx_rig
from xilinx_stand_ins import (
    HIMBAECHEL_TOOLS,
    MODE_PINS,
    OPEN_TOOLS,
    PART,
    constant,
    install,
    make_chipdb,
    make_database,
)

import build_decoder.flow
from build_decoder import boards
from build_decoder.__main__ import main
from build_decoder.boards.reports import PlacedResources
from build_decoder.boards.toolchain import place_and_route
from build_decoder.boards.xilinx.open_tools.check_netlist import faults
from build_decoder.boards.xilinx.package import without_quotes
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.yosys import find_yosys
from build_decoder.models.errors import ToolError
from build_decoder.stages.result import StageResult

machine, tiny_package = xilinx_rig.machine, xilinx_rig.tiny_package
PYNQ = boards.get("pynq_z1")
PLACERS = {"nextpnr-xilinx": OPEN_TOOLS, "nextpnr-himbaechel": HIMBAECHEL_TOOLS}


def with_tools(machine, placer):
    """An installation with everything that ``placer`` needs."""
    prefix = machine.root / "opt/tools"
    install(prefix / "bin", *PLACERS[placer])
    machine.on_path(prefix / "bin")
    make_database(prefix / "share/nextpnr/external/prjxray-db")
    make_chipdb(prefix / "chipdb")


@pytest.fixture(params=PLACERS)
def built(request, machine, tiny_package, tmp_path):
    """Package of `tiny` and its report, after a build with stand-ins."""
    with_tools(machine, request.param)
    build = machine.adopt(shutil.copytree(tiny_package, tmp_path / "build"))
    return build, place_and_route(PYNQ, build)


def cells(build: Path) -> dict:
    return json.loads((build / "top.json").read_text())["modules"]["top"]["cells"]


def test_netlist_has_only_what_can_be_placed(built):
    build, report = built
    assert report.bitstream.stat().st_size > 10_000
    kinds = [cell["type"] for cell in cells(build).values()]
    assert "$scopeinfo" not in kinds
    assert kinds.count("DSP48E1") == 4


def test_cascade_inputs_are_open(built):
    blocks = [cell for cell in cells(built[0]).values() if cell["type"] == "DSP48E1"]
    for port in ("ACIN", "BCIN", "PCIN", "CARRYCASCIN", "MULTSIGNIN"):
        assert not any(port in block["connections"] for block in blocks)


def test_constraints_reach_the_pins(built):
    build, _ = built
    assert '"' not in (build / "top.xdc").read_text()
    features = (build / "top.fasm").read_text().split()
    ends = [feature.split(".", 2)[2] for feature in features if feature.startswith("LIOB33")]
    assert ends.count("LVCMOS33_LVTTL.DRIVE.I12_I16") == 3
    assert ends.count("LVCMOS25_LVCMOS33_LVTTL.IN") == 2
    assert ends.count("PULLTYPE.PULLUP") == 1
    assert "ignoring unsupported XDC option" not in (built[1].log).read_text()


def test_constant_mode_pins_are_tied(built):
    """As Vivado does: the tie-off of the value, and no inverter."""
    build, _ = built
    features = set((build / "top.fasm").read_text().split())
    before = set((build / "top.nextpnr.fasm").read_text().split())
    assert before < features
    blocks = [cell for cell in cells(build).values() if cell["type"] == "DSP48E1"]
    for number, block in enumerate(blocks):
        tile, dsp = f"DSP_L_X8Y{5 * (number // 2)}", f"DSP_{number % 2}"
        for bus, bit in MODE_PINS:
            supply = {"0": "GND", "1": "VCC"}[constant(block, f"{bus}[{bit}]")]
            tied = {s for s in ("GND", "VCC") if f"{tile}.{dsp}_{bus}{bit}.DSP_{s}_L" in features}
            assert tied == {supply}
            assert f"{tile}.DSP48.{dsp}.ZIS_{bus}_INVERTED[{bit}]" in features
    # Both occur: the pre-adder of two products in a block is switched on by a 1.
    values = {constant(block, f"{bus}[{bit}]") for block in blocks for bus, bit in MODE_PINS}
    assert values == {"0", "1"}


def test_outputs_drive(built):
    build, _ = built
    features = set((build / "top.fasm").read_text().split())
    tristate = {f.rsplit(".OSERDES", 1)[0] for f in features if f.endswith("DATA_RATE_TQ.BUF")}
    assert all(f"{site}.ZINV_T1" in features for site in tristate)
    kinds = [cell["type"] for cell in cells(build).values()]
    assert (kinds.count("OBUF"), kinds.count("OBUFT")) == (3, 0)


def test_report_of_a_build(built):
    build, report = built
    kinds = [cell["type"] for cell in cells(build).values()]
    assert report.placed == PlacedResources(
        lut=sum(kind.startswith("LUT") for kind in kinds) + 7,
        ff=sum(kind.startswith("FD") for kind in kinds),
        dsp=4,
        bram=0.5,
    )
    assert report.timing_met
    assert report.fmax_mhz == 123.45
    assert report.version == "0.8.2"
    assert report.warnings == ()
    assert report.untimed == {
        "nextpnr-xilinx": "to and from DSP48E1 and block RAM",
        "nextpnr-himbaechel": "to and from DSP48E1",
    }[report.toolchain]


def test_constraints_of_any_board():
    """Buses and dollar signs in names, as Amaranth escapes them for Tcl."""
    given = (
        'set_property IOSTANDARD "LVCMOS33" [get_ports "leds_0__io\\[3\\]"]\n'
        'set_property LOC A1 [get_ports "a\\$b"]\n'
        'create_clock -name clk -period 8.0 [get_nets "top/clk"]\n'
    ).replace("\\]", "]")
    assert without_quotes(given) == (
        "set_property IOSTANDARD LVCMOS33 [get_ports {leds_0__io[3]}]\n"
        "set_property LOC A1 [get_ports {a$b}]\n"
        "create_clock -period 8.0 [get_nets top/clk]\n"
    )


SOURCE = """
module top (
    input clk, input t, input signed [17:0] a, input signed [17:0] b,
    output reg signed [35:0] p, output drives, output strong, output never, output switched
);
  always @(posedge clk) p <= a * b;
  OBUFT one (.I(t), .T(1'b0), .O(drives));
  OBUFT #(.SLEW("FAST"), .DRIVE(8)) two (.I(t), .T(~1'b1), .O(strong));
  OBUFT three (.I(t), .T(1'b1), .O(never));
  OBUFT four (.I(t), .T(t), .O(switched));
endmodule
"""


@pytest.mark.skipif(find_yosys() is None, reason="no Yosys on this machine")
@pytest.mark.slow
def test_the_script_of_yosys_on_blocks_of_others(tiny_package, tmp_path):
    """Blocks that Yosys infers, if it may; outputs with parameters, and three-state ones."""
    (tmp_path / "top.v").write_text(SOURCE)
    shutil.copytree(tiny_package / "open_tools", tmp_path / "open_tools")
    package = (tiny_package / "top.ys").read_text()
    mapping = re.search(r"^techmap .*$", package, re.MULTILINE)[0]
    assert "\n".join([*XC7.synthesis_commands("top"), mapping]) in package
    commands = [line.replace(" -nodsp", "") for line in XC7.synthesis_commands("top")]
    script = ["read_verilog top.v", *commands, mapping, "write_json top.json"]
    (tmp_path / "top.ys").write_text("\n".join(script) + "\n")
    subprocess.run([find_yosys(), "-q", "top.ys"], cwd=tmp_path, check=True)
    found = cells(tmp_path)
    kinds = {name: found[name]["type"] for name in ("one", "two", "three", "four")}
    assert kinds == {"one": "OBUF", "two": "OBUF", "three": "OBUFT", "four": "OBUFT"}
    assert found["one"]["connections"].keys() == {"I", "O"}
    assert found["one"]["parameters"] == {}
    assert found["two"]["parameters"]["SLEW"] == "FAST"
    assert int(found["two"]["parameters"]["DRIVE"], 2) == 8
    (block,) = [cell for cell in found.values() if cell["type"] == "DSP48E1"]
    assert not {"CARRYCASCIN", "MULTSIGNIN"} & block["connections"].keys()
    # An output that never drives would be one that does with one of the tools.
    assert faults(json.loads((tmp_path / "top.json").read_text())) == [
        "three (OBUFT): expected a signal at T, which turns the output off, got 1"
    ]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ({"type": "$scopeinfo"}, "which no tool can place"),
        ({"type": "OBUFT", "connections": {"T": ["0"]}}, "expected a signal at T"),
        ({"type": "OBUFT", "connections": {}}, "got nothing"),
        ({"type": "IOBUF", "connections": {"T": ["0"]}}, "expected a signal at T"),
        ({"type": "IOBUF", "connections": {"T": ["1"]}}, "expected a signal at T"),
        ({"type": "DSP48E1", "connections": {"CARRYCASCIN": ["0"]}}, "CARRYCASCIN open"),
        ({"type": "DSP48E1", "connections": {"MULTSIGNIN": ["0"]}}, "MULTSIGNIN open"),
        ({"type": "DSP48E1", "connections": {"PCIN": ["0", "1"]}}, "PCIN open"),
        (
            {"type": "DSP48E1", "parameters": {"IS_INMODE_INVERTED": "00100"}},
            "expected no inverter at INMODE, got IS_INMODE_INVERTED = 00100",
        ),
    ],
)
def test_a_netlist_with_a_fault_is_not_handed_over(cell, says, machine, tmp_path):
    with_tools(machine, "nextpnr-xilinx")
    build = machine.package(tmp_path / "build")
    netlist = {"modules": {"top": {"cells": {"a.b": {"connections": {}} | cell}}}}
    assert len(faults(netlist)) == 1
    (build / "top.json").write_text(json.dumps(netlist))
    with pytest.raises(ToolError, match=rf"^netlist \(top.json\): a\.b \(.*{re.escape(says)}"):
        place_and_route(PYNQ, build)


@pytest.mark.parametrize(
    "cell",
    [
        {"type": "OBUFT", "connections": {"T": [7]}},
        {"type": "OBUF", "connections": {"I": ["0"]}},
        {"type": "DSP48E1", "connections": {"CARRYCASCIN": [5], "PCIN": ["0"] * 48}},
        {"type": "DSP48E1", "connections": {}, "parameters": {"IS_OPMODE_INVERTED": "0000000"}},
    ],
)
def test_a_netlist_without_fault(cell):
    assert faults({"modules": {"top": {"cells": {"a": cell}}}}) == []


@pytest.fixture
def command(machine, tmp_path, monkeypatch):
    """Arguments of a build of the smallest network, which is not simulated, and its folder."""
    with_tools(machine, "nextpnr-xilinx")
    monkeypatch.setattr(build_decoder.flow, "simulate", lambda *_, **__: StageResult())
    output = tmp_path / "out"
    return ["--network", "tiny", "--board", "pynq_z1", "--output", str(output)], output


@pytest.mark.slow
def test_a_build_whose_bitstream_fails_tells_of_none(command, capsys, monkeypatch):
    arguments, output = command
    assert main(arguments) == 0
    capsys.readouterr()
    monkeypatch.setenv("STAND_IN_FASM2FRAMES", "fail KeyError: 'LIOB33'")
    assert main(arguments) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"tool failed: fasm2frames ended with status 9 ({output}/board/fasm2frames.log): "
        f"KeyError: 'LIOB33'"
    )
    report = json.loads((output / "report.json").read_text())
    assert report["bitstream"] is report["fmax_mhz"] is report["toolchain"] is None
    assert report["placed_resources"] is None


def test_the_command_makes_a_bitstream(command, capsys, monkeypatch):
    arguments, output = command
    monkeypatch.setenv(
        "STAND_IN_NEXTPNR_XILINX", "say Info: Hold/min time violation for path 'a' -> 'b':"
    )
    assert main(arguments) == 0
    report = json.loads((output / "report.json").read_text())
    assert (report["toolchain"], report["toolchain_version"]) == ("nextpnr-xilinx", "0.8.2")
    assert report["placed_resources"]["dsp"] == 4
    assert report["placed_resources"]["lut"] > 300
    assert report["fmax_untimed"] == "to and from DSP48E1"
    assert report["bitstream"] == "board/top.bit"
    bitstream = (output / "board" / "top.bit").read_bytes()
    assert PART.encode() in bitstream[:30]
    assert (output / "board" / "pynq" / "decoder.bit").read_bytes() == bitstream
    warnings = [
        "Info: Hold/min time violation for path 'a' -> 'b': "
        f"see {output}/board/nextpnr-xilinx.log",
        "nextpnr-xilinx does not time paths to and from DSP48E1: that they keep up with the clock "
        "is not checked, and exit status 5 does not tell of them",
    ]
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"warning: {warning}" for warning in warnings]
