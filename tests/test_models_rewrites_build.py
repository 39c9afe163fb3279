"""Rewrites in a build: networks that are a chain of dense layers after them."""

import json
from pathlib import Path

import numpy as np
import pytest

from build_decoder.__main__ import main
from build_decoder.models import Network, load_golden, load_network, save_network
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.rewrites import rewrite
from tests.architectures import chain, random_network

SAMPLES = 80


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network and its golden data."""
    layers = (Affine(), Dense(5, "relu"), Dropout(0.5), Dense(3, "linear"), Softmax())
    network = random_network(chain("trained", (4,), *layers))
    save(network, tmp_path / "trained")
    return tmp_path / "trained"


def save(network: Network, folder: Path) -> None:
    save_network(network, folder)
    x = np.random.default_rng(0).normal(size=(SAMPLES, network.input_count))
    y = network.forward(x)
    np.savez(folder / "golden.npz", x=x, y=y, labels=y.argmax(axis=1))


def build(folder: Path, *more: str) -> int:
    return main([
        "--network", str(folder), "--golden", str(folder), "--board", "icebreaker",
        "--stop-after", "quantise", "--output", str(folder / "out"), *more,
    ])  # fmt: skip


def test_a_build_goes_on_with_the_rewritten_network(folder: Path, capsys):
    given = load_network(folder)
    assert build(folder) == 0
    report = json.loads((folder / "out" / "report.json").read_text())
    assert [each["name"] for each in report["rewrites"]] == ["identity", "affine", "softmax"]
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for each in report["rewrites"]:
        assert f"rewritten {each['note']}" in shown
    assert report["topology"] == "4-5-3"
    built = load_network(folder / "out" / "network")
    assert built.is_dense_chain
    golden = load_golden(folder, given)
    np.testing.assert_array_equal(built.forward(golden.x), rewrite(given).network.forward(golden.x))
    # The model is held to logits, whose decisions are those of the probabilities.
    assert report["quality"]["searched_on"]["agreement"] >= 0.95


def test_golden_outputs_are_taken_anew_where_they_change(folder: Path):
    given = load_network(folder)
    golden = load_golden(folder, given)
    logits = rewrite(given)
    new = logits.golden_of(golden)
    np.testing.assert_array_equal(new.y, logits.network.forward(golden.x))
    np.testing.assert_array_equal(new.task.decisions(new.y), golden.task.decisions(golden.y))
    assert not np.allclose(new.y, golden.y)
    np.testing.assert_array_equal(new.labels, golden.labels)
    assert rewrite(given, probabilities=True).golden_of(golden) is golden


def test_probabilities_stay_where_the_task_needs_them(folder: Path):
    golden = dict(np.load(folder / "golden.npz"))
    golden["targets"] = golden["y"]
    del golden["labels"]
    np.savez(folder / "golden.npz", **golden)
    assert build(folder, "--task", "regression") == 0
    report = json.loads((folder / "out" / "report.json").read_text())
    assert report["topology"] == "4-5-3-3"
    assert [each["name"] for each in report["rewrites"]] == ["identity", "affine"]
    assert min(report["quality"]["searched_on"]["r2s"]) > 0.99


def test_nothing_is_rewritten_in_a_dense_chain(tmp_path: Path):
    network = random_network(chain("dense", (4,), Dense(5, "relu"), Dense(3, "linear")))
    save(network, tmp_path / "dense")
    assert build(tmp_path / "dense") == 0
    report = json.loads((tmp_path / "dense" / "out" / "report.json").read_text())
    assert report["rewrites"] == []
