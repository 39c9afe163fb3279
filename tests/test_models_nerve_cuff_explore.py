import json
from pathlib import Path

import pytest

pytest.importorskip("joblib", reason="pip install build_decoder[train]")
pytest.importorskip("scipy", reason="pip install build_decoder[train]")
pytest.importorskip("sklearn", reason="pip install build_decoder[train]")

from build_decoder.models.nerve_cuff import (  # noqa: E402
    TABLE_1,
    EscapeNet,
    EscapeTcn,
    Variant,
    exploration,
)
from build_decoder.models.nerve_cuff.explore import GRIDS, picks  # noqa: E402
from build_decoder.models.nerve_cuff.explore.__main__ import main  # noqa: E402
from build_decoder.models.nerve_cuff.explore.paper_choices import PAPER_CHOICES  # noqa: E402
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK  # noqa: E402
from build_decoder.models.resources import resources  # noqa: E402
from tests.nerve_data import made_row, save_small_dataset  # noqa: E402
from tests.tensorflow_or_skip import needs_tensorflow  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SMALL, MIDDLE, LARGE, HUGE = (EscapeNet(width, width) for width in (2, 4, 8, 16))
VARIANTS = (
    *(Variant("Mini", "1", network) for network in (SMALL, MIDDLE, LARGE)),
    *(Variant("Mini", "2", network) for network in (LARGE, HUGE)),
    Variant("TCN", "1", EscapeTcn(2, 0)),
)


def chosen(rows: list[dict], threshold: float = 0.70) -> dict[tuple[str, str], int | None]:
    return {
        (one.family, one.stage): one.chosen and one.chosen.network["filters"]
        for one in picks(VARIANTS, rows, threshold=threshold)
    }


def test_fewest_weights_above_the_threshold():
    rows = [
        made_row(SMALL, 0.69),
        made_row(MIDDLE, 0.80, fold=0),  # mean 0.70: not above
        made_row(MIDDLE, 0.60, fold=1),
        made_row(LARGE, 0.71, fold=0),
        made_row(LARGE, 0.72, fold=1),
        made_row(HUGE, 0.90),
    ]
    assert chosen(rows) == {
        ("Mini", "1"): 8, ("Mini", "2"): 8, ("TCN", "1"): None, ("Mini", ""): 8, ("TCN", ""): None
    }
    assert chosen(rows, 0.65)["Mini", "1"] == 2
    assert chosen(rows, 0.8)["Mini", "2"] == 16
    assert chosen(rows, 0.95)["Mini", ""] is None


def test_how_many_are_trained():
    found = picks(VARIANTS, [made_row(LARGE, 0.9)], threshold=0.7)
    assert [(one.trained, one.variants) for one in found] == [
        (1, 3), (1, 2), (0, 1), (1, 4), (0, 1)
    ]


def test_choices_of_the_paper_are_of_its_exploration():
    for (family, stage), network in PAPER_CHOICES.items():
        assert Variant(family, stage, network) in exploration()
    finals = {TABLE_1[f"escape_{name}"].network for name in ("net_mini", "fcn", "rnn")}
    assert finals <= set(PAPER_CHOICES.values())


def test_own_grid_needs_less_than_any_of_the_paper():
    limits = [
        resources(TABLE_1[f"escape_{name}"].network.architecture("x"))
        for name in ("net_mini", "fcn", "rnn")
    ]
    networks = [variant.network for variant in GRIDS["own"]()]
    assert OWN_NETWORK in networks
    for network in networks:
        need = resources(network.architecture("x"))
        assert need.weights < min(limit.weights for limit in limits)
        assert need.macs < min(limit.macs for limit in limits)


@needs_tensorflow
def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture):
    path, _ = save_small_dataset(tmp_path)
    results = tmp_path / "r.jsonl"
    arguments = ["--grid", "own", "--max-macs", "1", "--signatures", str(path)]
    assert main([*arguments, "--results", str(results)]) == 2
    assert "--max-macs: expected a network of no more, got 1" in capsys.readouterr().err
    assert main(["--families", "CNN"]) == 2
    assert "--families: expected some of Mini, FCN, RNN, got 'CNN'" in capsys.readouterr().err
    arguments = ["--grid", "own", "--max-macs", "410000", "--signatures", str(path)]
    arguments += ["--epochs", "2", "--cuff", "3", "2", "--folds", "1", "--samples", "20"]
    arguments += ["--backend", "sequential"]
    for _ in range(2):
        assert main([*arguments, "--results", str(results), "--threshold", "0"]) == 0
        out = capsys.readouterr().out
        assert "TCN 1 width" in out
        assert "TCN 4, dense 0, 15, pool 25, dropout: 379" in out
    lines = results.read_text().splitlines()
    assert [json.loads(line)["network"]["kernels"] for line in lines] == [[15], [9]]
