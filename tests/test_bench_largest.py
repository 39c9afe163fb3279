"""The largest MLP that fits a board."""

import numpy as np
import pytest

from build_decoder import boards
from build_decoder.bench import largest
from build_decoder.hdl.planning.area import Area


def test_networks_decide_what_they_were_not_fitted_to():
    network, golden = largest._decoder(48)
    assert network.topology == "800-48-2"
    np.testing.assert_allclose(network.forward(golden["x"]), golden["y"], atol=1e-9)
    assert np.mean(golden["y"].argmax(axis=1) == golden["labels"]) > 0.9


@pytest.mark.parametrize("most", [31, 32, 33, 95, 96, 700])
def test_the_most_neurons_are_found(most, tmp_path, monkeypatch):
    search = largest._Search(boards.get("ulx3s_85f"), tmp_path)

    def planned(hidden):
        missing = () if hidden <= most else ("more",)
        return largest._Candidate(hidden, 1, Area(), missing)

    monkeypatch.setattr(search, "planned", planned)
    if most < 32:
        with pytest.raises(largest.InputError, match="expected 32 neurons to fit, got none"):
            search.largest()
    else:
        assert search.largest().hidden == most // 32 * 32


def test_a_board_that_is_none(capsys):
    assert largest.main(["--board", "no_such_board"]) == 2
    assert "no_such_board" in capsys.readouterr().err
