"""Simulation and synthesis run beside each other, and only what is proven is kept."""

import json
import threading
from pathlib import Path

import pytest

from build_decoder import flow
from build_decoder.__main__ import main
from build_decoder.exit_status import ExitStatus
from build_decoder.models.errors import InputError
from build_decoder.stages.result import StageResult

MISMATCH = StageResult.stopped(
    ExitStatus.MISMATCH, "Verilog differs", figures={"mismatches": 3}
)


@pytest.fixture
def build(tmp_path, monkeypatch):
    """``build(simulated, synthesised)``: the exit status of a build whose stages end so, both only
    once both have begun, and its report. An error is raised."""
    made = []

    def run(simulated, synthesised):
        both = threading.Barrier(2, timeout=60)

        def ended(with_):
            both.wait()
            if isinstance(with_, Exception):
                raise with_
            return with_

        def synthesise(build, *_, **__):
            build.board.mkdir()
            (build.board / "top.json").write_text("{}")
            return ended(synthesised)

        def bitstream(build, *_, **__):
            made.append(build.board)
            return StageResult()

        monkeypatch.setattr(flow, "write_rtl", lambda *_, **__: StageResult())
        monkeypatch.setattr(flow, "simulate", lambda *_, **__: ended(simulated))
        monkeypatch.setattr(flow, "synthesise_board", synthesise)
        monkeypatch.setattr(flow, "make_bitstream", bitstream)
        output = tmp_path / "build"
        status = main(["--network", "tiny", "--board", "icebreaker", "--output", str(output)])
        if not output.exists():
            return status, None, made
        return status, json.loads((output / "report.json").read_text()), made

    return run


def board_of(tmp_path: Path) -> Path:
    return tmp_path / "build" / "board"


def test_both_run_at_once(build, tmp_path):
    status, report, made = build(StageResult(), StageResult(figures={"resources": {"lut": 7}}))
    assert status == 0
    assert list(report["stage_seconds"]) == [
        "import", "quantise", "rtl", "simulate", "synthesise", "bitstream"
    ]
    assert report["resources"] == {"lut": 7}
    assert len(made) == 1
    assert (board_of(tmp_path) / "top.json").exists()


@pytest.mark.parametrize(
    "synthesised",
    [StageResult(figures={"resources": {"lut": 7}}), InputError("the FPGA is too small")],
    ids=["made", "refused"],
)
def test_what_is_not_proven_is_not_kept(synthesised, build, tmp_path, capsys):
    status, report, made = build(MISMATCH, synthesised)
    assert status == 4
    assert capsys.readouterr().err == "mismatch: Verilog differs\n"
    assert report["mismatches"] == 3
    assert report["resources"] is None
    assert "synthesise" not in report["stage_seconds"]
    assert made == []
    assert not board_of(tmp_path).exists()


def test_an_error_of_synthesis_is_told_where_the_simulation_is_good(build, tmp_path, capsys):
    status, report, made = build(StageResult(), InputError("the FPGA is too small"))
    assert (status, report, made) == (2, None, [])
    assert capsys.readouterr().err == "error: the FPGA is too small\n"


@pytest.mark.parametrize("synthesised", [StageResult(), InputError("the FPGA is too small")])
def test_an_error_of_the_simulation_comes_first(synthesised, build, tmp_path, capsys):
    status, report, made = build(InputError("no such file"), synthesised)
    assert (status, report, made) == (2, None, [])
    assert capsys.readouterr().err == "error: no such file\n"
