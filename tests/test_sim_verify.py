"""The verification command, on the smallest network of the zoo."""

import pytest

from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.verify import main


def test_network_of_the_zoo(tmp_path, capsys):
    arguments = ["tiny", "--samples", "50", "--stalls", "3", "--inputs-per-cycle", "2"]
    assert main([*arguments, "--work-dir", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("tiny: ")
    assert "folded 2x" in lines[0]
    assert lines[1].startswith("  back to back: 50 vectors checked, 0 mismatches")
    assert lines[2].startswith("  latency: ")
    assert lines[-1] == "100 vectors checked, 0 mismatches"
    assert (tmp_path / "back_to_back" / "results.json").exists()
    assert (tmp_path / "stalled" / "results.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_network"], "no_such_network"),
        (["tiny", "--inputs-per-cycle", "17"], "inputs a cycle, got 17"),
        (["tiny", "--inputs-per-cycle", "1", "1", "1"], "one a layer that is folded, got 3"),
    ],
)
def test_bad_input(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("sim.verify: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--samples", "0"], ["--samples", "x"], ["--stalls", "-1"]])
def test_bad_arguments(arguments, capsys):
    assert main(["tiny", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"sim.verify: argument {arguments[0]}: expected")
    assert error.count("\n") == 1


def test_a_simulation_that_hangs_is_a_mismatch(monkeypatch, capsys):
    def hang(*_, **__):
        raise CheckFailed("the simulation did not end within its deadline")

    monkeypatch.setattr("build_decoder.sim.testbench.TestBench.run", hang)
    assert main(["tiny", "--samples", "2"]) == 1
    assert capsys.readouterr().err == (
        "sim.verify: the simulation did not end within its deadline\n"
    )
