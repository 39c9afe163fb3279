"""The generated test bench: what it measures, and the faults that it must find."""

import json
import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from frame_sum import Fault, FrameSum, FrameSumComponent

from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import ToolError
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.testbench import TestBench

FRAMES = 40
DESIGN = FrameSum(count=10, lanes=4, width=8, outputs=3)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    source = folder / "frame_sum.v"
    source.write_text(to_verilog(FrameSumComponent(DESIGN), name="frame_sum"))
    return TestBench([source], "frame_sum", DESIGN.interface, folder, frames=FRAMES)


def test_measures_what_is_documented_without_stalls(bench, tmp_path):
    x = DESIGN.elements(FRAMES, seed=1)
    result = bench.run(x, DESIGN.compute(x), tmp_path)
    assert (result.vectors_checked, result.mismatches, result.first_mismatch) == (FRAMES, 0, None)
    assert result.latency_cycles == DESIGN.latency_cycles
    assert result.frame_cycles == DESIGN.frame_cycles
    assert json.loads((tmp_path / "results.json").read_text()) == asdict(result)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_stalls_and_a_reset_change_nothing(bench, tmp_path, seed):
    x = DESIGN.elements(FRAMES, seed=seed)
    result = bench.run(x, DESIGN.compute(x), tmp_path, stall_seed=seed)
    assert (result.vectors_checked, result.mismatches) == (FRAMES, 0)
    assert result.latency_cycles is None
    assert result.frame_cycles is None
    counters = json.loads((tmp_path / "counters.json").read_text())
    assert counters["cycle"] > 1.2 * FRAMES * DESIGN.frame_cycles


def test_fewer_frames_than_compiled_for(bench, tmp_path):
    x = DESIGN.elements(1, seed=1)
    result = bench.run(x, DESIGN.compute(x), tmp_path)
    assert (result.vectors_checked, result.mismatches) == (1, 0)
    assert result.latency_cycles == DESIGN.latency_cycles
    assert result.frame_cycles is None


@pytest.mark.parametrize(
    ("fault", "frame", "stall_seed", "finding"),
    [
        (Fault.WRONG, 7, None, "frame 7, output 0: expected"),
        (Fault.WRONG, 7, 1, "frame 7, output 0: expected"),
        (Fault.DROPPED, 7, None, "frame 7, output 2: expected"),
        (Fault.DROPPED, FRAMES - 1, None, "output 2: missing"),
        (Fault.DUPLICATED, 7, None, "frame 8, output 0: expected"),
        (Fault.DUPLICATED, FRAMES - 1, None, "1 outputs after the last frame"),
        (Fault.CHANGING, slice(None), 1, "not held until it was taken"),
        (Fault.WITHDRAWN, slice(None), 1, "not held until it was taken"),
        (Fault.HANGING, 7, None, "frame 7, output 0: missing"),
        (Fault.HANGING, 0, 1, "frame 0, output 0: missing"),
    ],
)
def test_finds_fault(bench, tmp_path, fault, frame, stall_seed, finding):
    x = DESIGN.elements(FRAMES, seed=1)
    x[frame, 0] = fault
    result = bench.run(x, DESIGN.compute(x), tmp_path, stall_seed=stall_seed)
    assert result.mismatches > 0
    assert finding in result.first_mismatch
    assert result.latency_cycles is None


def test_a_wrong_expectation_is_told_exactly(bench, tmp_path):
    x = DESIGN.elements(5, seed=1)
    y = DESIGN.compute(x)
    y[3, 1] -= 4
    result = bench.run(x, y, tmp_path)
    assert result.mismatches == 1
    assert result.first_mismatch == (
        f"frame 3, output 1: expected {y[3, 1]}, got {y[3, 1] + 4}"
    )


def test_a_scoreboard_that_is_wrong_is_found_out(bench, tmp_path, monkeypatch):
    x = DESIGN.elements(5, seed=1)
    monkeypatch.setattr("build_decoder.sim.testbench.read_words", lambda *_: [999] * 15)
    with pytest.raises(CheckFailed, match="the scoreboard counted 0 wrong of 15 outputs, numpy 15"):
        bench.run(x, DESIGN.compute(x), tmp_path)


def test_a_simulation_that_hangs_is_found_out(bench, tmp_path, monkeypatch):
    x = DESIGN.elements(5, seed=1)
    plusargs = bench._plusargs
    monkeypatch.setattr(bench, "_plusargs", lambda *a: plusargs(*a) | {"deadline": 9})
    with pytest.raises(CheckFailed, match=r"did not end within its deadline \(.*simulation.log\)"):
        bench.run(x, DESIGN.compute(x), tmp_path)


def test_times_that_are_not_as_documented_are_told(bench, tmp_path):
    x = DESIGN.elements(5, seed=1)
    result = bench.run(x, DESIGN.compute(x), tmp_path)
    assert result.wrong_times(DESIGN.interface) == []
    latency, interval = DESIGN.latency_cycles, DESIGN.frame_cycles
    other = replace(DESIGN.interface, latency_cycles=latency + 1, frame_cycles=interval - 1)
    assert result.wrong_times(other) == [
        f"expected a latency of {latency + 1} cycles, got {latency}",
        f"expected a frame interval of {interval - 1} cycles, got {interval}",
    ]
    one = bench.run(x[:1], DESIGN.compute(x[:1]), tmp_path)
    assert one.wrong_times(replace(other, latency_cycles=latency)) == []


def test_refuses_vectors_that_do_not_fit(bench, tmp_path):
    x = DESIGN.elements(5, seed=1)
    y = DESIGN.compute(x)
    with pytest.raises(ValueError, match=r"expected x_raw \(frames, 10\)"):
        bench.run(x[:, :9], y, tmp_path)
    with pytest.raises(ValueError, match="expected x_raw from -128 to 127, got .* to 128"):
        bench.run(np.where(x == 0, 128, x), y, tmp_path)
    with pytest.raises(ValueError, match=r"expected y_raw \(frames, 3\)"):
        bench.run(x, y[:, :2], tmp_path)
    with pytest.raises(ValueError, match="40 frames at most, got 41 and 41"):
        bench.run(DESIGN.elements(41, seed=1), DESIGN.elements(41, seed=1), tmp_path)


PASS_THROUGH = Interface(
    name="pass_through", fingerprint=0, input_lanes=1, input_count=1, output_count=1,
    input_format=QFormat(4, 0, signed=False), output_format=QFormat(4, 0, signed=False),
)


def test_registers_without_initial_value_start_random_in_any_folder(tmp_path):
    source = tmp_path / "pass_through.v"
    source.write_text(
        """
        module pass_through(
            input clk, input rst,
            input [3:0] i__payload, input i__valid, output i__ready,
            output [3:0] o__payload, output o__valid, input o__ready);
          reg [63:0] unknown;
          always @(posedge clk) unknown <= unknown;
          assign i__ready = o__ready;
          assign o__valid = i__valid;
          assign o__payload = i__payload ^ unknown[63:60] ^ unknown[31:28] ^ unknown[3:0];
        endmodule
        """
    )
    x = np.arange(16).reshape(16, 1)
    folder = tmp_path / "folder with spaces"
    result = TestBench([source], "pass_through", PASS_THROUGH, folder, frames=16).run(x, x, folder)
    assert result.vectors_checked == result.mismatches == 16


def test_the_next_bench_compiles_no_runtime(bench, tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    shim = tmp_path / "bin" / "c++"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec {shutil.which("c++")} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    source = tmp_path / "frame_sum.v"
    source.write_text(to_verilog(FrameSumComponent(DESIGN), name="frame_sum"))
    again = TestBench([source], "frame_sum", DESIGN.interface, tmp_path, frames=1)
    compiled = {line.split()[-1] for line in calls.read_text().splitlines() if " -c " in line}
    assert {Path(name).name for name in compiled} == {"Vtop__ALL.cpp"}
    x = DESIGN.elements(1, seed=1)
    assert again.run(x, DESIGN.compute(x), tmp_path).mismatches == 0


def test_verilog_that_does_not_compile(tmp_path):
    source = tmp_path / "broken.v"
    source.write_text("module broken(input clk); assign x = ; endmodule\n")
    with pytest.raises(ToolError, match="syntax error.*build.log"):
        TestBench([source], "broken", PASS_THROUGH, tmp_path / "work", frames=1)
