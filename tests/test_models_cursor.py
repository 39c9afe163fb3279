"""Decoders of cursor velocity: the generated recording, the zoo's networks and their training."""

import numpy as np
import pytest

from build_decoder.models import load_golden, load_network, zoo_names
from build_decoder.models.cursor.decoders import DECODERS, counted
from build_decoder.models.cursor.readout import r2, ridge
from build_decoder.models.cursor.recording import MAX_COUNT, CursorModel
from build_decoder.models.cursor.training import STEPS, inputs_of, recorded, train_cursor
from build_decoder.models.task import Kind
from build_decoder.models.train import DEFAULT_SEED, main

TRAINED_WITHOUT_KERAS = ("cursor_linear", "cursor_esn", "cursor_rbf")


def test_recording():
    session = CursorModel(units=20).record(6, 500, seed=3)
    assert session.counts.shape == (6, 500, 20)
    assert session.counts.max() <= MAX_COUNT
    np.testing.assert_allclose(session.velocity.std(), 1.0, atol=0.15)
    # Smooth: most of it is there a bin later.
    before, after = session.velocity[:, :-1].ravel(), session.velocity[:, 1:].ravel()
    assert np.corrcoef(before, after)[0, 1] > 0.95
    again = CursorModel(units=20).record(6, 500, seed=3)
    np.testing.assert_array_equal(again.counts, session.counts)
    other = CursorModel(units=20).record(6, 500, seed=4)
    assert (other.velocity != session.velocity).any()


def test_counts_of_several_bins():
    counts = np.arange(1, 9, dtype=np.uint8).reshape(2, 4, 1)
    np.testing.assert_array_equal(counted(counts, 1), counts)
    expected = [[[1], [3], [6], [9]], [[5], [11], [18], [21]]]
    np.testing.assert_array_equal(counted(counts, 3), expected)


def test_ridge():
    rng = np.random.default_rng(1)
    x, weights = rng.normal(3, 1, (500, 4)), rng.normal(size=(4, 2))
    found = ridge(x, x @ weights + [5, -2], 1e-9)
    np.testing.assert_allclose(found["weights"], weights, atol=1e-6)
    np.testing.assert_allclose(found["bias"], [5, -2], atol=1e-5)
    assert np.abs(ridge(x, x @ weights, 10.0)["weights"]).max() < np.abs(weights).max()


def test_every_decoder_is_shipped():
    assert sorted(DECODERS) == [name for name in zoo_names() if name.startswith("cursor")]


@pytest.mark.parametrize("name", DECODERS)
def test_network_and_golden_data(name):
    network = load_network(name)
    golden = load_golden(name, network)
    assert network.continuous == (DECODERS[name].bins == 1)
    assert golden.steps == (STEPS if network.continuous else None)
    assert golden.task.kind is Kind.REGRESSION
    assert len(golden.search) == len(golden.unseen) == 8 * STEPS
    unseen = golden.unseen
    assert 0.89 < r2(unseen.y, unseen.targets).mean() < 0.93


def test_those_that_keep_states_are_better():
    found = {}
    for name in DECODERS:
        golden = load_golden(name, load_network(name)).unseen
        found[name] = r2(golden.y, golden.targets).mean()
    assert found["cursor_linear"] < min(found["cursor_rbf"], found["cursor_mlp"])
    assert max(found["cursor_rbf"], found["cursor_mlp"]) < found["cursor_esn"]
    assert found["cursor_esn"] < found["cursor_gru"]


@pytest.mark.parametrize("name", TRAINED_WITHOUT_KERAS)
def test_training_gives_what_is_shipped(name, tmp_path):
    """About: counts differ now and then from processor to processor, and so do clusters."""
    train_cursor(name, tmp_path, seed=DEFAULT_SEED)
    shipped = load_network(name)
    made, golden = load_network(tmp_path), load_golden(tmp_path, load_network(tmp_path))
    assert made.topology == shipped.topology
    x = inputs_of(name, recorded("unseen", seed=DEFAULT_SEED)).reshape(-1, made.input_count)
    y, expected = (each.in_sequences(STEPS).forward(x) for each in (made, shipped))
    assert np.sqrt(np.mean(np.square(y - expected))) < 0.1
    assert len(golden) == 16 * STEPS


def test_the_command_trains_them(tmp_path, capsys):
    assert main(["cursor_linear", "--output", str(tmp_path)]) == 0
    assert "48-2, R2 0." in capsys.readouterr().out
    assert main(["cursor_linear", "--output", str(tmp_path), "--epochs", "3"]) == 2
