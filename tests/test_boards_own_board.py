"""The boards of `docs/your_own_board.md`, as a user has them: in a file, built to a bitstream."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from boards_rig import SumsDecoder, sums_model
from test_boards_toolchain import fake, needs_ecp5, needs_ice40

from build_decoder import boards
from build_decoder.__main__ import main
from build_decoder.boards.board import Board
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.toolchain import place_and_route, synthesise
from build_decoder.models.errors import ToolError
from build_decoder.sim import verify

PAGE = Path(__file__).parents[1] / "docs" / "your_own_board.md"


def examples() -> list[str]:
    """The page's pieces of Python."""
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def example(name: str, folder: Path) -> str:
    """Path of a file with the page's example of that name."""
    (text,) = (text for text in examples() if f'name="{name}"' in text)
    path = folder / "my_board.py"
    path.write_text(text)
    return str(path)


def made(board: Board, folder: Path):
    """Synthesis and bitstream of a small decoder."""
    synthesis = synthesise(board, SumsDecoder(sums_model()), folder)
    return synthesis, place_and_route(board, folder)


def built(name: str, folder: Path) -> dict:
    """Report of the smallest network's build for the page's board, started in its folder."""
    board = example(name, folder)
    build = folder / "out"
    assert main(["--board", board, "--network", "tiny", "--output", str(build)]) == 0
    report = json.loads((build / "report.json").read_text())
    assert report["board"] == name
    assert (report["vectors_checked"], report["mismatches"]) == (4128, 0)
    assert (build / report["bitstream"]).stat().st_size > 100_000
    assert report["fmax_mhz"] > report["clock_mhz"]
    assert DriverFile.load(build).board == name
    return report


@needs_ecp5
@pytest.mark.slow
def test_orangecrab(tmp_path):
    synthesis, report = made(boards.get(example("orangecrab_85f", tmp_path)), tmp_path / "out")
    assert synthesis.resources.dsp == 0
    assert report.timing_met
    constraints = (tmp_path / "out/top.lpf").read_text()
    assert 'LOCATE COMP "uart_0__rx__io" SITE "N17"' in constraints
    assert 'LOCATE COMP "clk_0__io" SITE "A9"' in constraints
    plan = json.loads((tmp_path / "out/build_top.json").read_text())
    assert {"--85k", "--speed", "8", "CSFBGA285"} <= set(plan["commands"][1])
    # The platform's own last step is for its programmer.
    (warning,) = report.warnings
    assert "before the board is programmed, run dfu-suffix -v 1209" in warning


def test_a_step_behind_the_bitstream_runs_where_its_tool_is(tmp_path, monkeypatch):
    """With stand-ins for all tools."""
    monkeypatch.setenv("YOSYS", "/nonexistent")
    report = {"utilization": {}, "fmax": {"clk": {"achieved": 99.5, "constraint": 72.0}}}
    scripts = {
        "nextpnr-ecp5": f"echo '{json.dumps(report)}' > top.report.json\n",
        "ecppack": "touch top.bit\n",
        "dfu-suffix": 'echo "$@" > told\n',
    }
    for name, script in scripts.items():
        fake(tmp_path, name, script)
        monkeypatch.setenv(name.upper().replace("-", "_"), str(tmp_path / name))
    # Asked for its version, the stand-in leaves a report where it is called.
    monkeypatch.chdir(tmp_path)
    board = boards.get(example("orangecrab_85f", tmp_path))
    synthesise(board, SumsDecoder(sums_model()), tmp_path / "out")
    (tmp_path / "out/top.json").touch()
    assert place_and_route(board, tmp_path / "out").warnings == ()
    assert (tmp_path / "out/told").read_text() == "-v 1209 -p 5af0 -a top.bit\n"
    fake(tmp_path, "dfu-suffix", "echo 'ERROR: no luck'\nexit 3\n")
    with pytest.raises(ToolError, match=r"dfu-suffix ended with status 3 .* ERROR: no luck"):
        place_and_route(board, tmp_path / "out")


@needs_ice40
@pytest.mark.slow
def test_a_pll_at_another_pin_than_its_own(tmp_path):
    board = boards.get(example("hx8k_b_evn", tmp_path))
    synthesis, report = made(board, tmp_path / "out")
    assert synthesis.resources.dsp == 0
    assert report.constraint_mhz == pytest.approx(48, rel=1e-3)
    assert report.timing_met
    takes = "takes an oscillator at the PLL's own pin alone; for another .* sb_pll40_core"
    with pytest.raises(ToolError, match=f"ERROR: PLL .*the board's pll, sb_pll40, {takes}"):
        made(replace(board, pll=None), tmp_path / "out")


@needs_ice40
def test_a_pll_at_its_own_pin(tmp_path):
    board = replace(boards.get("icebreaker"), pll="sb_pll40_core", clock_mhz=24)
    with pytest.raises(ToolError, match="sb_pll40_core, takes .*; for that one there is sb_pll40;"):
        made(board, tmp_path)


@pytest.mark.slow
@needs_ecp5
def test_a_build_for_orangecrab(tmp_path, capsys):
    report = built("orangecrab_85f", tmp_path)
    assert report["clock_mhz"] == 72
    assert "warning: no dfu-suffix here: before the board" in capsys.readouterr().err
    # Nothing later needs the user's file.
    (tmp_path / "my_board.py").unlink()
    assert verify.main([str(tmp_path / "out"), "--samples", "20"]) == 0


@pytest.mark.slow
@needs_ice40
def test_a_build_for_hx8k(tmp_path):
    report = built("hx8k_b_evn", tmp_path)
    assert report["clock_mhz"] == 48
    assert report["resources"]["dsp"] == 0


def test_the_platform_of_the_page(tmp_path):
    (text,) = (text for text in examples() if "class ColorlightI5" in text)
    path = tmp_path / "i5.py"
    board = """
from dataclasses import replace
from build_decoder.boards.capacities import CAPACITIES
from build_decoder.boards.ulx3s_85f import BOARD as ULX3S
BOARD = replace(
    ULX3S, name="i5", device="LFE5U-25F-6BG381C", capacity=CAPACITIES["LFE5U-25F"],
    platform=ColorlightI5,
)
"""
    path.write_text(text + board)
    assert boards.get(str(path)).capacity.lut == 24_288


def test_the_capacities_of_the_page_are_the_fpgas(tmp_path):
    crab = boards.get(example("orangecrab_85f", tmp_path))
    assert crab.capacity == boards.get("ulx3s_85f").capacity
    assert boards.get(example("hx8k_b_evn", tmp_path)).capacity.dsp == 0
