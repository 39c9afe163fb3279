"""The verification command, on the smallest network of the zoo."""

import numpy as np
import pytest
from pywellen import Waveform

from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.verify import main


def test_network_of_the_zoo(tmp_path, capsys):
    arguments = ["tiny", "--samples", "50", "--stalls", "3", "--inputs-per-cycle", "2"]
    arguments += ["--waves", "7"]
    assert main([*arguments, "--work-dir", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("tiny: ")
    assert "folded 2x" in lines[0]
    assert lines[1].startswith("  back to back: 50 vectors checked, 0 mismatches")
    assert lines[2].startswith("  latency: ")
    assert lines[-1] == "100 vectors checked, 0 mismatches"
    assert (tmp_path / "back_to_back" / "results.json").exists()
    assert (tmp_path / "stalled" / "results.json").exists()
    assert f"  waves: {tmp_path / 'frame_7.fst'}" in lines
    y_raw = np.load(tmp_path / "build" / "expected.npz")["y_raw"]
    for name in ("frame_7.fst", "frame_7_stalls.fst"):
        outputs = transfers(tmp_path / name)
        # Frames ahead of it are under way when it comes in.
        assert len(y_raw[7:9].ravel()) <= len(outputs) <= len(y_raw[:9].ravel()) - 2
        assert outputs == y_raw[:9].ravel()[-len(outputs) :].tolist()


def transfers(waves) -> list[int]:
    """What leaves the decoder, as a viewer of waveforms shows it."""
    found = Waveform(str(waves))
    signals = {item.full_name: item.signal for item in found.all_vars()}
    assert "bench.dut.layer1.neurons.mac.sums" in signals
    # Taken is what is there ahead of a rising edge.
    edges = [10_000 * number - 1 for number in range(1, 1000)]
    names = [f"bench.dut.o__{name}" for name in ("valid", "ready", "payload")]
    values = [[signals[name].value_at(edge) for name in names] for edge in edges]
    last = signals["bench.cycle"].value_at(edges[-1])
    assert last < len(edges)  # all of it
    return [payload for valid, ready, payload in values if valid and ready]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_network"], "no_such_network"),
        (["tiny", "--inputs-per-cycle", "17"], "inputs a cycle, got 17"),
        (["tiny", "--samples", "3", "--waves", "3"], "expected a frame from 0 to 2, got 3"),
        (["tiny", "--inputs-per-cycle", "1", "1", "1"], "one a layer that is folded, got 3"),
    ],
)
def test_bad_input(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("sim.verify: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["--samples", "0"], ["--samples", "x"], ["--stalls", "-1"], ["--waves", "x"]]
)
def test_bad_arguments(arguments, capsys):
    assert main(["tiny", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"sim.verify: argument {arguments[0]}: expected")
    assert error.count("\n") == 1


@pytest.mark.slow
def test_a_simulation_that_hangs_is_a_mismatch(monkeypatch, capsys):
    def hang(*_, **__):
        raise CheckFailed("the simulation did not end within its deadline")

    monkeypatch.setattr("build_decoder.sim.testbench.TestBench.run", hang)
    assert main(["tiny", "--samples", "2"]) == 1
    assert capsys.readouterr().err == (
        "sim.verify: the simulation did not end within its deadline\n"
    )
