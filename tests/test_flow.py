"""The flow: what runs beside the simulation, and what is left of it where that finds a fault."""

import json
import time

import pytest

import build_decoder.flow as flow
from build_decoder.__main__ import main
from build_decoder.exit_status import ExitStatus
from build_decoder.models.errors import ToolError
from build_decoder.stages.result import StageResult

OFF = StageResult.stopped(ExitStatus.MISMATCH, "frame 3")


@pytest.fixture
def staged(monkeypatch, tmp_path):
    """Runs a build whose stages from the simulation on are stand-ins; what they did, in order."""

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
    status, done, report, out = staged(OFF, simulation_s=0.2)
    assert (status, done) == (ExitStatus.MISMATCH, ["synthesise", "bitstream", "simulate"])
    assert list(report["stage_seconds"])[-1] == "simulate"
    assert not (out / "board").exists()


def test_none_is_begun_once_a_fault_is_known(staged):
    status, done, report, out = staged(OFF, synthesis_s=0.2)
    assert (status, done) == (ExitStatus.MISMATCH, ["simulate", "synthesise"])
    assert not (out / "board").exists()


def test_a_fault_goes_before_what_tools_say(staged):
    def broken():
        raise ToolError("nextpnr broke off")

    status, *_, out = staged(OFF, simulation_s=0.2, made=broken)
    assert (status, (out / "board").exists()) == (ExitStatus.MISMATCH, False)


def test_what_a_tool_says_of_a_proven_decoder(staged):
    slow = StageResult.stopped(ExitStatus.TIMING, "too slow")
    status, done, report, out = staged(StageResult(), simulation_s=0.2, made=lambda: slow)
    assert (status, done[-1]) == (ExitStatus.TIMING, "simulate")
    assert (out / "board" / "top.bit").exists()
