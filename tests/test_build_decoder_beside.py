"""What makes a bitstream runs beside the simulation, and only what is proven is kept."""

import json
import threading
import time
from pathlib import Path

import pytest

from build_decoder import flow
from build_decoder.__main__ import main
from build_decoder.exit_status import ExitStatus
from build_decoder.models.errors import InputError, ToolError
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
    status, report, _ = build(MISMATCH, synthesised)
    assert status == 4
    assert capsys.readouterr().err == "mismatch: Verilog differs\n"
    assert report["mismatches"] == 3
    assert report["resources"] is None
    assert "synthesise" not in report["stage_seconds"]
    assert not board_of(tmp_path).exists()


def test_an_error_of_synthesis_is_told_where_the_simulation_is_good(build, tmp_path, capsys):
    status, report, made = build(StageResult(), InputError("the FPGA is too small"))
    assert (status, report, made) == (2, None, [])
    assert capsys.readouterr().err == "error: the FPGA is too small\n"


@pytest.mark.parametrize("synthesised", [StageResult(), InputError("the FPGA is too small")])
def test_an_error_of_the_simulation_comes_first(synthesised, build, tmp_path, capsys):
    status, report, _ = build(InputError("no such file"), synthesised)
    assert (status, report) == (2, None)
    assert capsys.readouterr().err == "error: no such file\n"


@pytest.fixture
def staged(monkeypatch, tmp_path):
    """``staged(simulated, ...)``: the exit status of a build of stages that are stand-ins, which of
    them ended in which order, its report and its folder."""

    def run(simulated, *, simulation_s=0.0, made=StageResult, synthesis_s=0.0):
        done = []

        def simulate(build, **_):
            time.sleep(simulation_s)
            done.append("simulate")
            return simulated

        def synthesise(build, how, **_):
            time.sleep(synthesis_s)
            build.board.mkdir()
            done.append("synthesise")
            return StageResult()

        def bitstream(build, how, **_):
            (build.board / "top.bit").write_text("bits")
            done.append("bitstream")
            return made()

        for name in ("import_network", "quantise_network", "write_rtl"):
            monkeypatch.setattr(flow, name, lambda *_, **__: StageResult())
        for name, stand_in in (
            ("simulate", simulate), ("synthesise_board", synthesise), ("make_bitstream", bitstream)
        ):
            monkeypatch.setattr(flow, name, stand_in)
        monkeypatch.setattr(flow, "_with_page", lambda report, folder: report)
        out = tmp_path / "out"
        status = main(["--network", "tiny", "--output", str(out)])
        return status, done, json.loads((out / "report.json").read_text()), out

    return run


def test_a_bitstream_waits_for_no_simulation(staged):
    status, done, report, out = staged(StageResult(), simulation_s=0.2)
    assert (status, done) == (0, ["synthesise", "bitstream", "simulate"])
    assert list(report["stage_seconds"])[-3:] == ["simulate", "synthesise", "bitstream"]
    assert (out / "board" / "top.bit").exists()


def test_no_bitstream_is_left_that_is_not_proven(staged):
    status, done, report, out = staged(MISMATCH, simulation_s=0.2)
    assert (status, done) == (ExitStatus.MISMATCH, ["synthesise", "bitstream", "simulate"])
    assert list(report["stage_seconds"])[-1] == "simulate"
    assert not (out / "board").exists()


def test_none_is_begun_once_a_fault_is_known(staged):
    status, done, report, out = staged(MISMATCH, synthesis_s=0.2)
    assert (status, done) == (ExitStatus.MISMATCH, ["simulate", "synthesise"])
    assert not (out / "board").exists()


def test_a_fault_goes_before_what_tools_say(staged):
    def broken():
        raise ToolError("nextpnr broke off")

    status, *_, out = staged(MISMATCH, simulation_s=0.2, made=broken)
    assert (status, (out / "board").exists()) == (ExitStatus.MISMATCH, False)


def test_what_a_tool_says_of_a_proven_decoder(staged):
    slow = StageResult.stopped(ExitStatus.TIMING, "too slow")
    status, done, report, out = staged(StageResult(), simulation_s=0.2, made=lambda: slow)
    assert (status, done[-1]) == (ExitStatus.TIMING, "simulate")
    assert (out / "board" / "top.bit").exists()
