"""The verification command, on the smallest network of the zoo."""

import numpy as np
import pytest

from hdl.folding import Folding
from models.errors import InputError
from sim.random_networks import random_network
from sim.verify import foldings_of, main


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
        (["tiny", "--inputs-per-cycle", "0"], "inputs a cycle, got 0"),
        (["tiny", "--inputs-per-cycle", "1", "1", "1", "1"], "for at most 2 layers, got 4"),
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
    with pytest.raises(SystemExit) as exit:
        main(["tiny", *arguments])
    assert exit.value.code == 2
    assert "expected" in capsys.readouterr().err


def test_foldings_default_where_none_is_given():
    model = random_network(np.random.default_rng(3)).model
    default = [Folding(1, layer.units) for layer in model.layers]
    assert list(foldings_of(model)) == default
    most = model.layers[0].input_count
    assert list(foldings_of(model, [most], [1])) == [Folding(most, 1), *default[1:]]
    with pytest.raises(InputError, match=f"layer 1: expected 1 to {most} inputs a cycle"):
        foldings_of(model, [most + 1])
