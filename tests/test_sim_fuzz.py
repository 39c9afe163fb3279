"""The random check itself: it passes, tells what it found, and finds what is wrong."""

import numpy as np
import pytest

from build_decoder.hdl.engine.layers import EngineNetwork
from build_decoder.models.errors import ToolError
from build_decoder.sim import fuzz
from build_decoder.sim.amaranth_runner import AmaranthBench
from build_decoder.sim.engine_layers import EngineLayers
from build_decoder.sim.fuzz import check_network, main
from build_decoder.sim.random_engines import random_engine
from build_decoder.sim.streams import StreamError


def test_integer_model_and_amaranth_agree(capsys):
    assert main(["--networks", "11", "--seed", "1", "--samples", "2", "--jobs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "11 networks, 44 frames, 0 mismatches"
    assert lines[0].startswith("  10 of 11 networks, 40 frames, 0 mismatches")


def test_integer_model_and_verilog_agree(capsys):
    assert main(["--only", "0", "--seed", "14", "--samples", "20", "--jobs", "1", "--verilog"]) == 0
    assert capsys.readouterr().out == "1 networks, 40 frames, 0 mismatches\n"


@pytest.mark.parametrize(
    ("kind", "only"),
    [
        ("--engine", "5"), ("--continuous", "3"), ("--reloadable", "16"),
        ("--floating", "5"),
        pytest.param("--recurrent", "0", marks=pytest.mark.slow),
    ],
)
def test_networks_of_one_kind(kind, only, capsys):
    assert main([kind, "--only", only, "--seed", "14", "--samples", "2", "--jobs", "1"]) == 0
    assert capsys.readouterr().out == "1 networks, 4 frames, 0 mismatches\n"


@pytest.mark.slow
def test_a_wrong_column_in_an_engine_is_a_mismatch(capsys, monkeypatch):
    """It is told with the engine, and what is left of it."""
    compared = EngineLayers.compared

    def wrong(self, values):
        found = compared(self, values)
        return [
            (name, given ^ (name.endswith(" in memory") and given == given.max()), wanted)
            for name, given, wanted in found
        ]

    monkeypatch.setattr(EngineLayers, "compared", wrong)
    networks = (random_engine(np.random.default_rng([14, n])).model for n in range(50))
    number = next(
        n for n, network in enumerate(networks)
        if len(EngineNetwork(network).layers) > 1
    )
    again = f"--seed 14 --only {number} --samples 1 --engine"
    assert main([*again.split(), "--jobs", "1"]) == 1
    out = capsys.readouterr().out
    assert " in memory, frame 0, value " in out
    assert "Engine(filters=" in out
    assert f"{again}\n" in out


def test_two_processes(capsys):
    assert main(["--networks", "2", "--seed", "14", "--samples", "2", "--jobs", "2"]) == 0
    assert capsys.readouterr().out == "2 networks, 8 frames, 0 mismatches\n"


def test_a_wrong_output_is_told_with_how_to_see_it_again(capsys, monkeypatch):
    run = AmaranthBench.run

    def wrong(bench, x_raw, *, stall_seed):
        y_raw, latency, interval = run(bench, x_raw, stall_seed=stall_seed)
        if len(y_raw) > 1:
            y_raw[1, 0] += stall_seed is None
        return y_raw, latency, interval

    monkeypatch.setattr(AmaranthBench, "run", wrong)
    assert main(["--only", "3", "--seed", "14", "--samples", "2", "--jobs", "1"]) == 1
    out = capsys.readouterr().out
    assert "network 3: 1 mismatches: back to back: dense" in out
    assert ", frame 1, value 0: expected " in out
    assert "\n  smallest: back to back: " in out
    assert "again: python -m build_decoder.sim.fuzz --seed 14 --only 3 --samples 2\n" in out
    assert out.endswith("1 networks, 4 frames, 1 mismatches\n")


def test_wrong_times_and_hangs_are_mismatches(monkeypatch):
    run = AmaranthBench.run

    def late(bench, x_raw, *, stall_seed):
        if stall_seed is not None:
            raise StreamError("stuck")
        y_raw, latency, interval = run(bench, x_raw)
        return y_raw, latency + 1, interval

    monkeypatch.setattr(AmaranthBench, "run", late)
    found = check_network(3, seed=14, samples=2, verilog=False)
    assert found.mismatches == 2
    assert found.finding.startswith("latency: documented ")


def test_a_wrong_value_inside_is_a_mismatch(monkeypatch):
    """Though outputs may hide it."""
    run = AmaranthBench.run

    def wrong(bench, x_raw, *, stall_seed):
        result = run(bench, x_raw, stall_seed=stall_seed)
        if bench.transfers:
            transfers = next(iter(bench.transfers.values()))
            transfers[-1] ^= 1
        return result

    monkeypatch.setattr(AmaranthBench, "run", wrong)
    found = check_network(3, seed=14, samples=2, verilog=False)
    assert found.mismatches == 2
    assert ", frame 1, value " in found.finding


@pytest.mark.parametrize("option", ["--networks", "--samples", "--jobs", "--seed", "--only"])
@pytest.mark.parametrize("value", ["-1", "1.5", "many", "9" * 30, "9" * 5000, ""])
def test_bad_arguments(option, value, capsys):
    assert main([f"{option}={value}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"sim.fuzz: argument {option}: ")
    assert error.count("\n") == 1


def test_no_simulator(capsys, monkeypatch):
    def absent():
        raise ToolError("no Verilog simulator")

    monkeypatch.setattr(fuzz, "find_simulator", absent)
    assert main(["--verilog"]) == 3
    assert capsys.readouterr().err == "sim.fuzz: no Verilog simulator\n"
