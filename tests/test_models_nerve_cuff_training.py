import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

pytest.importorskip("joblib", reason="pip install build_decoder[train]")
pytest.importorskip("scipy", reason="pip install build_decoder[train]")
pytest.importorskip("sklearn", reason="pip install build_decoder[train]")

from build_decoder.models import InputError  # noqa: E402
from build_decoder.models.files.load import load_network  # noqa: E402
from build_decoder.models.golden import load_golden  # noqa: E402
from build_decoder.models.nerve_cuff import (  # noqa: E402
    EscapeFcn,
    EscapeNet,
    EscapeRnn,
    EscapeTcn,
    NerveCuff,
)
from build_decoder.models.nerve_cuff.folds import deal_folds  # noqa: E402
from build_decoder.models.nerve_cuff.recordings import Signatures, save_signatures  # noqa: E402
from build_decoder.models.nerve_cuff.training import (  # noqa: E402
    Backend,
    Baseline,
    Cell,
    read_dataset,
    read_rows,
    run_cells,
    save_dataset,
    schedule_of,
)
from build_decoder.models.nerve_cuff.training.__main__ import main  # noqa: E402
from build_decoder.models.nerve_cuff.training.baselines import (  # noqa: E402
    Judged,
    predict_baseline,
)
from build_decoder.models.nerve_cuff.training.chosen import data_of  # noqa: E402
from build_decoder.models.nerve_cuff.training.initial import give_unit_variance  # noqa: E402
from build_decoder.models.nerve_cuff.training.inputs import network_inputs  # noqa: E402
from build_decoder.models.nerve_cuff.training.options import add_options  # noqa: E402
from build_decoder.models.nerve_cuff.training.results import open_results, row_line  # noqa: E402
from build_decoder.models.nerve_cuff.training.shifted import augment_by_shifts  # noqa: E402
from build_decoder.models.nerve_cuff.training.sources import (  # noqa: E402
    Simulation,
    grid_dataset,
    simulated_dataset,
    simulation_of,
)
from build_decoder.models.nerve_cuff.training.tensorflow_setup import (  # noqa: E402
    training_tensorflow,
)
from build_decoder.models.nerve_cuff.training.trained import save_trained  # noqa: E402
from build_decoder.models.nerve_cuff.training.training import (  # noqa: E402
    train_cell,
    train_network,
)
from build_decoder.models.nerve_cuff.training.training_set import split  # noqa: E402
from build_decoder.models.rewrites import rewrite  # noqa: E402
from build_decoder.quant.bit_cost import BitCost  # noqa: E402
from build_decoder.quant.quality import measure  # noqa: E402
from build_decoder.quant.quantise import quantise  # noqa: E402
from tests.nerve_data import CUFF, made_row, save_small_dataset, small_dataset  # noqa: E402
from tests.tensorflow_or_skip import needs_tensorflow  # noqa: E402

ROOT = Path(__file__).parents[1]
WINDOWS = ROOT.parent / "shared" / "data" / "openhdemg_mu3_64x100.npz"

# Keras 3.15 itself uses numpy in a way that numpy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TINY = EscapeTcn(2, 0, (3,), 2, cuff=CUFF)
LOGISTIC = Baseline("logistic_regression")
SHORT = Simulation(1.2, "simple", 25)


def cell(network, path: Path, dataset, **changes) -> Cell:
    schedule = None
    if not isinstance(network, Baseline):
        schedule = schedule_of(network, epochs=4, batch=8, rate_scale=10)
    made = Cell(
        network, "small", str(path), dataset.digest, 3, 0, 30, "mean", 0, schedule
    )
    return replace(made, **changes)


def test_folds_are_stratified_and_disjoint():
    labels = np.repeat([0, 1, 2], [30, 41, 9])
    parts = deal_folds(labels, classes=3, folds=3, seed=5)
    assert set(parts) == {0, 1, 2}
    for label, members in ((0, 30), (1, 41), (2, 9)):
        counts = np.bincount(parts[labels == label])
        assert counts.sum() == members
        assert np.ptp(counts) <= 1
    np.testing.assert_array_equal(parts, deal_folds(labels, classes=3, folds=3, seed=5))
    with pytest.raises(ValueError, match="expected 3 signatures of each class, got 2"):
        deal_folds(np.array([0, 0, 0, 1, 1]), classes=2, folds=3, seed=0)


def rows_of(x: np.ndarray) -> set[bytes]:
    return {signature.tobytes() for signature in x}


@pytest.mark.parametrize("augmentation", ["mean", "shift"])
def test_parts_share_nothing_and_only_training_sets_are_filled_up(augmentation: str):
    dataset = small_dataset()
    measured = rows_of(dataset.spatial)
    tested = set()
    for fold in range(3):
        one = cell(TINY, Path("x"), dataset, fold=fold, augmentation=augmentation)
        parts = split(one, dataset, validation=0.1)
        train, validation, test = (rows_of(part[0]) for part in
                                   (parts.train, parts.validation, parts.test))
        assert test <= measured
        assert validation <= measured
        assert not test & validation
        assert not test & train
        assert not validation & train
        assert len(validation) == 4
        assert train - measured
        np.testing.assert_array_equal(np.bincount(parts.train[1]), [30, 30, 30])
        assert not tested & test
        tested |= test
    assert tested == measured


def test_training_sets_are_drawn_from_where_there_is_more():
    dataset = small_dataset()
    parts = split(cell(TINY, Path("x"), dataset, samples=5), dataset, validation=0.1)
    np.testing.assert_array_equal(np.bincount(parts.train[1]), [5, 5, 5])
    assert rows_of(parts.train[0]) <= rows_of(dataset.spatial)
    whole = split(cell(TINY, Path("x"), dataset, samples=0), dataset, validation=0.1)
    assert len(whole.train[1]) == 35


def test_seeds_share_the_test_part():
    dataset = small_dataset()
    one, two = (
        split(cell(TINY, Path("x"), dataset, seed=seed), dataset, validation=0.1)
        for seed in (1, 2)
    )
    np.testing.assert_array_equal(one.test[0], two.test[0])
    assert rows_of(one.validation[0]) != rows_of(two.validation[0])


def test_data_without_noise_are_filled_up_with_their_own():
    dataset = replace(small_dataset(), noise=np.empty(0))
    parts = split(cell(TINY, Path("x"), dataset), dataset, validation=0.1)
    np.testing.assert_array_equal(np.bincount(parts.train[1]), [30, 30, 30])


def test_a_test_set_of_its_own():
    dataset = small_dataset(held_out=True)
    parts = split(cell(TINY, Path("x"), dataset, folds=1), dataset, validation=0.1)
    assert rows_of(parts.test[0]) == rows_of(dataset.spatial[dataset.held_out])


def test_shifted_signatures():
    spatial = np.zeros((4, 2, 20), np.float32)
    spatial[:, :, 10] = 1
    labels = np.array([0, 0, 1, 1])
    x, y = augment_by_shifts(spatial, labels, per_class=40, seed=1)
    np.testing.assert_array_equal(np.bincount(y), [40, 40])
    np.testing.assert_array_equal(x[:4], spatial)
    places = x[4:].mean(axis=1).argmax(axis=1)
    assert set(places) == set(range(7, 14))


def test_key_tells_what_decides_the_result():
    dataset = small_dataset()
    one = cell(TINY, Path("a.npz"), dataset)
    assert one.key == replace(one, path="b.npz", subject="other").key
    changes = (
        {"network": replace(TINY, filters=3)}, {"digest": "0"}, {"fold": 1}, {"folds": 1},
        {"samples": 31}, {"seed": 1}, {"augmentation": "shift"},
        {"schedule": schedule_of(TINY, epochs=5)},
        {"schedule": schedule_of(TINY, epochs=4, batch=8, rate_scale=9)},
        {"schedule": schedule_of(TINY, epochs=4, batch=8, rates=[0.1])},
    )
    assert len({one.key, *(replace(one, **change).key for change in changes)}) == 11


def test_schedules():
    def stages(network, **options):
        return [
            (stage.part, stage.rate, stage.epochs)
            for stage in schedule_of(network, **options).stages
        ]

    mini = EscapeNet(4, 8, (8, 4, 2, 1))
    assert stages(mini) == [("conv1", 0.01, 25), ("conv2", 0.001, 25), ("whole", 0.001, 1000)]
    assert stages(mini, epochs=20, rate_scale=4) == [
        ("conv1", 0.01, 3), ("conv2", 0.001, 3), ("whole", 0.004, 20)
    ]
    assert len(stages(EscapeNet(4, 8, (8,)))) == 2
    fcn = EscapeFcn(16, 8, 2, 1)
    assert stages(fcn) == [("whole", 0.003, 750), ("whole", 0.001, 250)]
    for epochs in range(1, 9):
        for network in (fcn, EscapeRnn(4, 4), TINY):
            whole = [count for part, _, count in stages(network, epochs=epochs) if part == "whole"]
            assert sum(whole) == epochs
            assert min(whole) >= 1
    assert stages(fcn, epochs=1) == [("whole", 0.001, 1)]
    assert stages(TINY, epochs=48) == [("whole", 0.01, 6), ("whole", 0.001, 42)]
    trained = schedule_of(fcn)
    assert (trained.initial, trained.clip) == ("unit_variance", 1.0)
    assert stages(EscapeRnn(4, 4)) == [("whole", 0.005, 750), ("whole", 0.001, 250)]
    assert [stage.rate for stage in schedule_of(mini, rates=[0.1, 0.02]).stages] == [
        *(0.1, 0.02, 0.02)
    ]
    whole = schedule_of(mini)
    assert (whole.momentum, whole.patience, whole.validation) == (0.9, 15, 0.1)
    assert (whole.initial, whole.clip) == ("keras", None)
    with pytest.raises(ValueError, match="expected one of keras, unit_variance, got 'he_normal'"):
        replace(whole, initial="he_normal")


@needs_tensorflow
def test_initial_weights_of_unit_variance():
    tensorflow = training_tensorflow(1)
    from build_decoder.models.keras_model import build_model

    x = 5 + np.random.default_rng(2).normal(0, 9, (300, CUFF.channels, CUFF.samples))
    architecture = EscapeFcn(4, 3, 2, 1, CUFF).architecture("fcn")
    inputs = network_inputs(architecture, x, CUFF)
    model = build_model(architecture)
    give_unit_variance(tensorflow.keras, architecture, model, inputs)
    inputs = [array[np.linspace(0, 299, 128).astype(int)] for array in inputs]
    for name in ("spatial_conv1_1", "temporal_conv2_2", "pointwise", "average"):
        layer = model.get_layer(name)
        taken = tensorflow.keras.Model(model.inputs, layer.input)(inputs)
        if name != "average":
            layer.activation = tensorflow.keras.activations.linear
        sums = np.asarray(layer(taken))
        if name != "average":
            layer.activation = tensorflow.keras.activations.relu
        axes = tuple(range(sums.ndim - 1))
        np.testing.assert_allclose(sums.mean(axis=axes), 0, atol=1e-4)
        np.testing.assert_allclose(sums.std(axis=axes), 1, rtol=1e-3)


def test_inputs_of_each_family():
    x = np.arange(2 * 6 * 12, dtype=np.float32).reshape(2, 6, 12)
    spatial, temporal = network_inputs(EscapeNet(1, 1, cuff=CUFF).architecture("x"), x, CUFF)
    np.testing.assert_array_equal(spatial[..., 0], x)
    np.testing.assert_array_equal(temporal[..., 0], x[:, [0, 2, 4, 1, 3, 5]])
    (steps,) = network_inputs(EscapeRnn(1, 1, cuff=CUFF).architecture("x"), x, CUFF)
    np.testing.assert_array_equal(steps, x.transpose(0, 2, 1))
    (steps,) = network_inputs(TINY.architecture("x"), x, CUFF)
    np.testing.assert_array_equal(steps[:, :, 0], x.transpose(0, 2, 1))


def test_dataset_file(tmp_path: Path):
    path, dataset = save_small_dataset(tmp_path, held_out=True)
    back = read_dataset(path)
    assert back.digest == dataset.digest
    assert back.cuff == CUFF
    assert [item.name for item in tmp_path.iterdir()] == ["small.npz"]


def test_signature_files_are_data_sets(tmp_path: Path):
    dataset = small_dataset()
    path = tmp_path / "s.npz"
    save_signatures(Signatures(dataset.spatial, dataset.labels, dataset.labels), path)
    assert read_dataset(path, cuff=CUFF).cuff == CUFF
    with pytest.raises(InputError, match=r"cuff: expected rings, .* or give --cuff"):
        read_dataset(path)


def test_one_recording_in_two_forms_is_no_two_animals(tmp_path: Path):
    """The same nCAPs, cut from files of other names and scales."""
    dataset = small_dataset()
    peaks = np.cumsum(np.random.default_rng(0).integers(60, 900, len(dataset.labels)))
    paths = [tmp_path / name for name in ("npz.npz", "mat.npz", "other.npz")]
    for path, moved in zip(paths, (peaks, peaks + 40, np.cumsum(peaks[::-1])), strict=True):
        save_signatures(Signatures(dataset.spatial, dataset.labels, moved, CUFF), path)
    parser = argparse.ArgumentParser()
    add_options(parser)
    data_of(parser.parse_args(["--signatures", str(paths[0]), str(paths[2])]))
    with pytest.raises(InputError, match=r"peaks: expected another animal's .* those of .*npz.npz"):
        data_of(parser.parse_args(["--signatures", str(paths[0]), str(paths[1])]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": np.zeros(3)}, "labels: expected 60 classes as in spatial, got 3"),
        ({"labels": np.full(60, 0.5)}, "labels: expected whole numbers from 0 up"),
        ({"labels": np.zeros(60)}, "labels: expected at least 2 classes"),
        ({"cuff": np.array([3, 2, 12])}, "cuff: expected rings, contacts, samples and classes"),
        ({"cuff": np.array([3, 2, 12, 2])}, "labels: expected classes below 2"),
        ({"noise": np.zeros((2, 6, 9))}, "noise: expected windows like signatures"),
        ({"cuff": np.array([3, 2, 9, 3])}, "cuff: expected 12 samples as in spatial"),
        ({"spatial": np.zeros((60, 6, 12))}, "spatial: expected some signature that is not 0"),
        ({"held_out": np.zeros(9)}, "held_out: expected one value a signature"),
        ({"held_out": np.zeros(60)}, "held_out: expected 0 and 1, and some of each"),
        ({"held_out": np.full(60, 0.5)}, "held_out: expected 0 and 1, and some of each"),
    ],
)
def test_malformed_data_sets(changes, message: str, tmp_path: Path):
    dataset = small_dataset()
    arrays = {"spatial": dataset.spatial, "labels": dataset.labels, **changes}
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(InputError, match=message):
        read_dataset(tmp_path / "bad.npz", cuff=CUFF)


def test_simulated_subjects_are_kept(tmp_path: Path):
    path = simulated_dataset(1, tmp_path, SHORT)
    made = path.stat().st_mtime_ns
    dataset = read_dataset(path)
    assert dataset.cuff == NerveCuff()
    assert len(dataset.noise) == 500
    assert simulated_dataset(1, tmp_path, SHORT) == path
    assert path.stat().st_mtime_ns == made
    assert simulation_of(path.stem) == "1.2 s, 25 dB"


def test_simulated_animals(tmp_path: Path):
    plain, moved, causal = (
        simulated_dataset(2, tmp_path, Simulation(3.2, jitter=jitter, causal=causal))
        for jitter, causal in ((0, False), (4, False), (0, True))
    )
    assert simulation_of(plain.stem) == "3.2 s, each animal's own level, animals"
    assert simulation_of(moved.stem).endswith("animals, jitter 4")
    assert simulation_of(causal.stem).endswith("animals, causal")
    first, second, third = (read_dataset(path) for path in (plain, moved, causal))
    assert (first.gain, second.gain, third.gain) == ("window", "window", "causal")
    # Labels are those of the peaks, wherever the signatures are moved.
    np.testing.assert_array_equal(first.labels, second.labels)
    assert np.abs(first.spatial).max() == 1
    assert 1 < np.abs(third.spatial).max() <= 2
    # What a training set is filled up with is scaled like what is measured.
    parts = split(cell(TINY, causal, third, samples=200), third, validation=0.1)
    made = parts.train[0][-100:]  # the measured ones come first
    assert np.abs(made).max() > 1
    assert replace(third, gain="window").digest != third.digest


def windows_file(path: Path, channels: int) -> Path:
    x = np.zeros((6, channels, 4))
    x[:] = np.arange(channels)[:, None] + 1
    labels = np.array([0, 1, 2, 0, 1, 2])
    np.savez(path, X_train=x, y_train=labels, X_test=x, y_test=labels)
    return path


def test_grid_with_a_missing_contact(tmp_path: Path):
    """Columns of wiring, from the corner without a contact: up, down, up."""
    path = grid_dataset(windows_file(tmp_path / "w.npz", 11), tmp_path, rings=4, contacts=3)
    dataset = read_dataset(path)
    assert dataset.held_out.sum() == 6
    grid = (dataset.spatial[0, :, 0] * 11).reshape(4, 3)
    np.testing.assert_allclose(
        grid, [[3, 4, 11], [2, 5, 10], [1, 6, 9], [(1 + 6 + 7) / 3, 7, 8]], rtol=1e-6
    )


def test_grid_of_the_wrong_size(tmp_path: Path):
    with pytest.raises(InputError, match="expected 12 channels of a 4 x 3 grid, or one fewer"):
        grid_dataset(windows_file(tmp_path / "w.npz", 10), tmp_path, rings=4, contacts=3)


def test_windows_of_one_class(tmp_path: Path):
    x, labels = np.ones((6, 12, 4)), np.zeros(6, int)
    np.savez(tmp_path / "w.npz", X_train=x, y_train=labels, X_test=x, y_test=labels)
    with pytest.raises(InputError, match="at least 2 classes"):
        grid_dataset(tmp_path / "w.npz", tmp_path, rings=4, contacts=3)


@pytest.mark.skipif(not WINDOWS.is_file(), reason=f"the recording is not there: {WINDOWS}")
def test_neighbours_on_the_grid_are_alike(tmp_path: Path):
    dataset = read_dataset(grid_dataset(WINDOWS, tmp_path, rings=13, contacts=5))
    signals = dataset.spatial.transpose(1, 0, 2).reshape(13, 5, -1)
    across = [
        np.corrcoef(signals[ring, column], signals[ring, column + 1])[0, 1]
        for ring in range(13)
        for column in range(4)
    ]
    assert np.median(across) > 0.75


def test_baselines():
    dataset = small_dataset()
    part = (dataset.spatial, dataset.labels)

    def judged(name: str) -> Judged:
        return predict_baseline(Baseline(name), part, part, dataset.spatial, classes=3)

    linear = judged("logistic_regression")
    np.testing.assert_array_equal(linear.predicted, dataset.labels)
    np.testing.assert_array_equal(linear.integer, dataset.labels)
    assert (linear.weights, linear.macs) == (3 * 6 * 12 + 3, 3 * 6 * 12)
    machine = judged("svm_rbf")
    assert np.mean(machine.predicted == dataset.labels) > 0.9
    assert np.mean(machine.predicted == machine.integer) > 0.9
    # So many products of each support vector: one a value, and one for each pair of classes.
    vectors, rest = divmod(machine.macs, 6 * 12 + 2)
    assert rest == 0
    assert 3 <= vectors <= len(dataset.labels)
    assert machine.weights == machine.macs + 3
    majority = judged("majority_class")
    assert len(set(majority.predicted)) == 1
    assert (majority.weights, majority.macs) == (0, 0)
    with pytest.raises(ValueError, match="expected one of logistic_regression, svm_rbf"):
        Baseline("forest")


def test_an_svm_separates_what_no_plane_does():
    rng = np.random.default_rng(0)
    spatial = rng.normal(0, 1, (300, 2, 3)).astype(np.float32)
    labels = (np.square(spatial).sum(axis=(1, 2)) > 5.3).astype(np.int64)
    train, test = (spatial[:200], labels[:200]), spatial[200:]
    scores = {
        name: np.mean(
            predict_baseline(Baseline(name), train, train, test, classes=2).predicted
            == labels[200:]
        )
        for name in ("logistic_regression", "svm_rbf")
    }
    assert scores["svm_rbf"] > 0.85 > 0.65 > scores["logistic_regression"]


def test_results_file(tmp_path: Path):
    path = tmp_path / "deep" / "results.jsonl"
    rows = [made_row(TINY, 0.5, fold=fold) for fold in range(3)]
    with open_results(path) as file:
        file.append(rows[0])
        file.append(rows[1])
        with pytest.raises(InputError, match="no other run appends to, got one in use"):
            with open_results(path):
                pass
    whole = path.read_bytes()
    torn = row_line(rows[2])[:-1]
    for end in (1, len(torn) // 2, len(torn)):
        path.write_bytes(whole + torn[:end])
        assert read_rows(path) == rows[:2]
        with open_results(path) as file:
            assert file.rows == rows[:2]
            file.append(rows[2])
        assert read_rows(path) == rows


def test_damaged_results_file(tmp_path: Path):
    path = tmp_path / "results.jsonl"
    with pytest.raises(InputError, match="expected a results file, got No such file"):
        read_rows(path)
    path.write_text("")
    with pytest.raises(InputError, match="expected at least one row, got none"):
        read_rows(path)
    for line in ("{", "[]", '{"key": 1}'):
        path.write_bytes(line.encode() + b"\n" + row_line(made_row(TINY, 0.5)))
        with pytest.raises(InputError, match="line 1: expected a row of results"):
            read_rows(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"macro_f1": 0.5', b'"macro_f1": 7.5', "got a damaged row"),
        (b'"seed": 0', b'"seed": 1', "got a damaged row"),
        (b', "checksum"', b', "checksun"', "got one without a checksum"),
    ],
)
def test_a_damaged_digit_is_told(old: bytes, new: bytes, message: str, tmp_path: Path):
    path = tmp_path / "results.jsonl"
    good, bad = (row_line(made_row(TINY, 0.5, fold=fold)) for fold in (0, 1))
    assert old in bad
    path.write_bytes(good + bad.replace(old, new))
    with pytest.raises(InputError, match=f"line 2: expected a row with the checksum .*{message}"):
        read_rows(path)


def test_other_files_are_not_cut(tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text('{"precious": 1}')
    with pytest.raises(InputError, match="its end: expected a row of results"), open_results(path):
        pass
    assert path.read_text() == '{"precious": 1}'


def without_seconds(rows: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def test_finished_cells_are_not_trained_again(tmp_path: Path):
    path, dataset = save_small_dataset(tmp_path)
    results = tmp_path / "results.jsonl"
    cells = [cell(LOGISTIC, path, dataset, fold=fold) for fold in range(3)]
    one = run_cells(cells[:1], results, Backend("sequential"))
    rows = run_cells([*cells, cells[0]], results, Backend("sequential"))
    assert [row["fold"] for row in rows] == [0, 1, 2]
    assert rows[0] == one[0]
    assert len(read_rows(results)) == 3
    path.unlink()  # not even the data are needed
    assert run_cells(cells, results, Backend("sequential")) == rows


def test_other_data_than_the_cell_says(tmp_path: Path):
    path, dataset = save_small_dataset(tmp_path)
    save_dataset(small_dataset(seed=1), path)
    one = cell(LOGISTIC, path, dataset)
    with pytest.raises(InputError, match="expected data of digest"):
        run_cells([one], tmp_path / "results.jsonl", Backend("sequential"))


@needs_tensorflow
def test_a_trained_network_is_quantised_and_judged_on_its_test_part(tmp_path: Path):
    path, dataset = save_small_dataset(tmp_path)
    one = cell(TINY, path, dataset)
    trained = train_network(one)
    save_trained(trained, tmp_path / "net")
    network = load_network(tmp_path / "net")
    golden = load_golden(tmp_path / "net", network)
    assert (golden.held_out == trained.test).all()
    # As many of the test part as the row of the same cell says, and as well decided.
    row = train_cell(one)
    assert golden.held_out.sum() == row["test_signatures"]
    decided = golden.task.decisions(golden.unseen.y)
    assert np.mean(decided == golden.unseen.labels) == pytest.approx(row["accuracy"])
    rewritten = rewrite(network)
    searched = rewritten.golden_of(golden)
    with threadpool_limits(1, "blas"):
        found = quantise(rewritten.network, searched, cost=BitCost)
    assert measure(found.model, searched.search).agreement >= 0.95


PROGRAM = """
import sys
from pathlib import Path
from tests.test_models_nerve_cuff_training import grid_of_cells
from build_decoder.models.nerve_cuff.training import Backend, run_cells
run_cells(grid_of_cells(Path(sys.argv[1])), Path(sys.argv[2]), Backend(sys.argv[3], 1))
"""


def grid_of_cells(path: Path) -> list[Cell]:
    dataset = read_dataset(path)
    tiny = [cell(TINY, path, dataset, fold=fold) for fold in (0, 1)]
    net = cell(EscapeNet(1, 1, (2, 2), 0.5, cuff=CUFF), path, dataset)
    return [*tiny, net, cell(EscapeFcn(2, 2, 2, 1, cuff=CUFF), path, dataset)]


def start(path: Path, results: Path, backend: str = "sequential") -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), str(results), backend],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finished_lines(results: Path) -> int:
    return results.read_bytes().count(b"\n") if results.is_file() else 0


@pytest.mark.slow
@needs_tensorflow
def test_a_killed_run_goes_on_and_equals_an_uninterrupted_one(tmp_path: Path):
    path, _ = save_small_dataset(tmp_path)
    killed, whole = tmp_path / "killed.jsonl", tmp_path / "whole.jsonl"
    uninterrupted = start(path, whole)
    run = start(path, killed)
    while finished_lines(killed) < 1:
        assert run.poll() is None, run.communicate()[1]
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    done = finished_lines(killed)
    assert 1 <= done < 4
    kept = read_rows(killed)
    resumed = start(path, killed)
    for process in (resumed, uninterrupted):
        _, error = process.communicate()
        assert process.returncode == 0, error
    rows = read_rows(killed)
    assert rows[:done] == kept[:done]  # seconds included: they were not trained twice
    assert finished_lines(killed) == 4
    assert without_seconds(rows) == without_seconds(read_rows(whole))
    assert rows[0]["macro_f1"] > 0.3
    # Weights of 8 bits differ little from those of 32.
    assert all(abs(row["macro_f1"] - row["tflite_macro_f1"]) < 0.2 for row in rows)
    assert [row["train_signatures"] for row in rows] == [90] * 4
    assert [row["test_signatures"] for row in rows] == [21] * 4


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture):
    path, _ = save_small_dataset(tmp_path)
    results = tmp_path / "r.jsonl"
    arguments = ["--networks", "logistic_regression", "majority_class", "--signatures", str(path)]
    arguments += ["--samples", "30", "--results", str(results), "--backend", "sequential"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "logistic regression" in out
    assert "6 cells" in out
    assert [row["fold"] for row in read_rows(results)] == [0, 1, 2, 0, 1, 2]


def test_dask(tmp_path: Path):
    pytest.importorskip("distributed", reason="pip install build_decoder[train]")
    path, dataset = save_small_dataset(tmp_path)
    cells = [cell(LOGISTIC, path, dataset, fold=fold) for fold in range(2)]
    rows = run_cells(cells, tmp_path / "r.jsonl", Backend("dask", 1))
    assert [row["accuracy"] for row in rows] == [1.0, 1.0]


def test_command_line_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    path, _ = save_small_dataset(tmp_path)
    other = tmp_path / "other.npz"
    np.savez(other, x=np.zeros(3))
    results = tmp_path / "r.jsonl"
    torn = tmp_path / "torn.jsonl"
    torn.write_text("none\n")
    monkeypatch.setitem(sys.modules, "ray", None)
    for arguments, message in (
        (["--signatures", str(tmp_path / "absent.npz")], "expected a file, got no such file"),
        (["--signatures", str(other)], "expected an array called 'spatial'"),
        (["--windows", str(other), "--cuff", "4", "3"], "expected an array called 'X_train'"),
        (["--windows", "a", "--signatures", "b"], "expected no --signatures beside it, got both"),
        (["--signatures", str(path), "--results", str(torn)], "line 1: expected a row of results"),
        (["--signatures", str(path), "--backend", "ray"], "expected Ray (pip install ray)"),
        (["--signatures", str(path), "--scheduler", "x"], "expected --backend dask beside it"),
    ):
        given = ["--results", str(results), "--backend", "sequential", *arguments]
        assert main(given) == 2, arguments
        error = capsys.readouterr().err
        assert message in error
        assert error.strip().count("\n") == 0
