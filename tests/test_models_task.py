"""What outputs decide, and where the task comes from."""

import json
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import (
    InputError,
    Kind,
    Network,
    Task,
    load_golden,
    load_network,
)
from build_decoder.models.files.load import save_network
from build_decoder.models.golden.check import softmax
from build_decoder.models.task_inference import infer_task, stated_task
from tests.networks import dense, dense_chain

CLASSES = Task((Kind.CLASSES,))
LABELS = Task((Kind.LABELS,), (0.5, 0.25, 0.0))


def network(outputs: int, activation: str, inputs: int = 3) -> Network:
    weights = np.random.default_rng(outputs).normal(size=(inputs, outputs))
    return dense_chain("n", inputs, (dense(outputs, activation, weights, np.zeros(outputs)),))


def test_the_first_of_the_largest_outputs_wins():
    y = np.array([[0.1, 0.9, 0.9], [3, 2, 1]])
    np.testing.assert_array_equal(CLASSES.decisions(y), [[1], [0]])
    np.testing.assert_allclose(CLASSES.margins(y, CLASSES.decisions(y)), [[0], [1]])
    np.testing.assert_allclose(CLASSES.margins(y, np.array([[0], [2]])), [[-0.8], [-2]])
    np.testing.assert_allclose(CLASSES.margins(y[:, :2], np.array([[0], [0]])), [[-0.8], [1]])


def test_each_output_says_yes_from_its_own_threshold_on():
    y = np.array([[0.5, 0.2, -0.1], [0.4, 0.25, 0.3]])
    decided = LABELS.decisions(y)
    np.testing.assert_array_equal(decided, [[1, 0, 0], [0, 1, 1]])
    np.testing.assert_allclose(LABELS.margins(y, decided), [[0, 0.05, 0.1], [0.1, 0, 0.3]])
    np.testing.assert_allclose(LABELS.margins(y, 1 - decided), -LABELS.margins(y, decided))


def test_a_regression_decides_nothing_and_several_tasks_decide_side_by_side():
    y = np.array([[0.5, -0.2]])
    assert Task((Kind.REGRESSION,)).decisions(y).shape == (1, 0)
    both = Task((Kind.LABELS, Kind.CLASSES), (0.0, 0.0))
    np.testing.assert_array_equal(both.decisions(y), [[0, 1, 0]])
    np.testing.assert_allclose(both.margins(y, both.decisions(y)), [[0.7, 0.5, 0.2]])
    np.testing.assert_array_equal(both.choices(2), [2, 2, 2])


ROWS = 40
WHOLE = np.arange(ROWS) % 3


@pytest.mark.parametrize(
    ("activation", "outputs", "labels", "kinds", "thresholds"),
    [
        # labels tell
        ("linear", 3, WHOLE, ["classes"], ()),
        ("sigmoid", 3, np.eye(3)[WHOLE], ["classes"], ()),
        ("sigmoid", 3, (np.eye(3)[WHOLE] + np.eye(3)[0]).clip(0, 1), ["labels"], (0.5,) * 3),
        ("linear", 3, np.random.default_rng(0).normal(size=(ROWS, 3)), ["regression"], ()),
        ("sigmoid", 1, WHOLE % 2, ["binary"], (0.5,)),
        ("linear", 1, WHOLE % 2, ["binary"], (0.0,)),
        ("tanh", 1, WHOLE % 2, ["binary"], (0.0,)),
        ("linear", 1, WHOLE + 0.5, ["regression"], ()),
        ("relu", 1, 3.0 * WHOLE, ["regression"], ()),
        # the network alone
        ("sigmoid", 1, None, ["binary"], (0.5,)),
        ("relu", 1, None, ["regression"], ()),
        ("linear", 1, None, ["regression", "binary"], (0.0,)),
        ("tanh", 2, None, ["regression", "classes"], ()),
        ("sigmoid", 3, None, ["labels"], (0.5,) * 3),
    ],
)
def test_inferred_tasks(activation, outputs, labels, kinds, thresholds):
    net = network(outputs, activation)
    y = net.forward(np.random.default_rng(1).normal(size=(ROWS, 3)))
    task = infer_task(net, y, labels)
    assert (list(task.kinds), task.thresholds) == (kinds, thresholds)
    assert task.source


@pytest.mark.parametrize(
    ("activation", "outputs", "labels", "got"),
    [
        ("sigmoid", 1, WHOLE % 2 + 1, "1, 2"),
        ("linear", 1, WHOLE % 2 + 1, "1, 2"),
        ("tanh", 1, 2 * (WHOLE % 2) - 1, "-1, 1"),
        ("sigmoid", 1, WHOLE, "0, 1, 2"),
        ("sigmoid", 3, 2 * np.eye(3)[WHOLE], "0, 2"),
        ("sigmoid", 1, 255 * (WHOLE % 2), "0, 255"),
    ],
)
def test_labels_that_are_no_decisions_are_not_taken_for_values(activation, outputs, labels, got):
    net = network(outputs, activation)
    with pytest.raises(InputError, match=f"expected 0 and 1, or true values .* got {got}"):
        infer_task(net, net.forward(np.ones((ROWS, 3))), np.asarray(labels, dtype=float))


def test_sigmoids_that_exclude_each_other_are_classes():
    net = network(2, "sigmoid")
    weights = net.layers[0].weights[:, :1] * [4, -4]
    net = dense_chain("n", 3, (dense(2, "sigmoid", weights, np.zeros(2)),))
    y = net.forward(np.random.default_rng(1).normal(size=(ROWS, 3)))
    assert infer_task(net, y, None).kinds == (Kind.CLASSES,)


@pytest.mark.parametrize(
    ("kind", "thresholds", "activation", "outputs", "message"),
    [
        ("ranking", (), "linear", 2, "one of classes, binary, labels, regression, got 'ranking'"),
        ("classes", (), "linear", 1, "at least two outputs for classes, got one output"),
        ("binary", (), "linear", 2, "one output for binary, got 2 outputs"),
        ("binary", (), "relu", 1, "a threshold, since relu has none of its own, got none"),
        ("labels", (1, 2), "linear", 3, "one threshold, or one for each of 3 outputs, got 2"),
        ("regression", (1,), "linear", 3, "thresholds with binary or labels only, got 1 with"),
        ("binary", (1.0,), "sigmoid", 1, "thresholds between 0.0 and 1.0, as sigmoid gives, got 1"),
        ("labels", (0.0, -1.5), "tanh", 2, "thresholds between -1.0 and 1.0, .* got -1.5"),
    ],
)
def test_a_stated_task_must_fit(kind, thresholds, activation, outputs, message):
    with pytest.raises(InputError, match=message):
        stated_task(kind, thresholds, network(outputs, activation), source="--task")


def save(folder: Path, net: Network, **arrays) -> Path:
    x = np.random.default_rng(2).normal(size=(ROWS, net.input_count))
    save_network(net, folder)
    np.savez(folder / "golden.npz", x=x, y=net.forward(x), **arrays)
    return folder


def test_who_says_the_task_comes_first(tmp_path: Path):
    net = network(2, "linear")
    folder = save(tmp_path, net, task="regression")
    assert load_golden(folder, net).task.source == "golden.npz"
    assert load_golden(folder, net).task.kinds == (Kind.REGRESSION,)
    asked = load_golden(folder, net, task="labels", thresholds=(0.5, -0.5)).task
    assert (asked.kinds, asked.thresholds) == ((Kind.LABELS,), (0.5, -0.5))
    assert load_golden(folder, net, thresholds=(1.0,), task="labels").task.thresholds == (1.0, 1.0)


def test_network_json_says_the_task(tmp_path: Path):
    save(tmp_path, network(2, "tanh"))
    description = json.loads((tmp_path / "network.json").read_text())
    description |= {"task": "labels", "threshold": [0.25, -0.5]}
    (tmp_path / "network.json").write_text(json.dumps(description))
    net = load_network(tmp_path)
    assert (net.task.kinds, net.task.thresholds) == ((Kind.LABELS,), (0.25, -0.5))
    assert load_golden(tmp_path, net).task == net.task
    save_network(net, tmp_path / "again")
    assert load_network(tmp_path / "again").task == net.task
    save(tmp_path / "two", net, task="classes")
    with pytest.raises(InputError, match="task: expected labels, as network n says, got classes"):
        load_golden(tmp_path / "two", net)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"task": "rank"}, "task: expected one of classes"),
        ({"threshold": 0.5}, "threshold: expected a task beside it"),
        ({"task": "labels", "threshold": [0.5, True]}, "threshold: expected finite numbers"),
        ({"task": "labels", "threshold": 1e400}, "threshold: expected finite numbers"),
        ({"task": "labels", "threshold": [1, 2, 3]}, "one threshold, or one for each of 2"),
    ],
)
def test_network_json_with_a_bad_task(more, message, tmp_path: Path):
    save(tmp_path, network(2, "tanh"))
    description = json.loads((tmp_path / "network.json").read_text()) | more
    (tmp_path / "network.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match=message):
        load_network(tmp_path)


def test_labels_and_targets_take_the_shape_of_the_task(tmp_path: Path):
    net = network(2, "linear")
    x = np.random.default_rng(2).normal(size=(ROWS, 3))
    truth = net.forward(x) + 0.1
    for key in ("targets", "labels"):
        golden = load_golden(save(tmp_path / key, net, **{key: truth}), net)
        assert golden.labels is None
        np.testing.assert_array_equal(golden.targets, truth)
        np.testing.assert_array_equal(golden.search.targets, truth[~golden.held_out])
    hot = np.eye(2)[WHOLE % 2]
    golden = load_golden(save(tmp_path / "hot", net, labels=hot), net)
    np.testing.assert_array_equal(golden.labels, (WHOLE % 2)[:, None])
    with pytest.raises(InputError, match="targets alone for a regression, got labels beside them"):
        load_golden(save(tmp_path / "both", net, labels=truth, targets=truth), net)


def describe(folder: Path, **more) -> Network:
    """The network in ``folder``, whose network.json says ``more`` as well."""
    path = folder / "network.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | more))
    return load_network(folder)


def test_thresholds_of_the_network_stay_where_others_repeat_its_task(tmp_path: Path):
    save(tmp_path, network(2, "tanh"), task="labels")
    net = describe(tmp_path, task="labels", threshold=[0.25, -0.5])
    for asked in ({}, {"task": "labels"}):
        assert load_golden(tmp_path, net, **asked).task.thresholds == (0.25, -0.5)
    assert load_golden(tmp_path, net, task="classes").task.thresholds == ()
    assert load_golden(tmp_path, net, thresholds=(0.1,)).task.thresholds == (0.1, 0.1)
    save(tmp_path / "alone", net, threshold=[0.25, -0.5])
    assert load_golden(tmp_path / "alone", net, task="labels").task.thresholds == (0.25, -0.5)


def test_two_thresholds_for_one_task_are_refused_with_both(tmp_path: Path):
    save(tmp_path, network(2, "tanh"), task="labels", threshold=0.5)
    assert load_golden(tmp_path, describe(tmp_path, task="labels")).task.thresholds == (0.5, 0.5)
    net = describe(tmp_path, task="labels", threshold=[0.25, -0.5])
    for asked in ({}, {"task": "labels"}):
        with pytest.raises(InputError, match="threshold: expected 0.25, -0.5, as .*, got 0.5$"):
            load_golden(tmp_path, net, **asked)
    assert load_golden(tmp_path, net, thresholds=(0.1,)).task.thresholds == (0.1, 0.1)


def _softmax_golden(folder: Path, net: Network, **arrays) -> Path:
    x = np.random.default_rng(2).normal(size=(ROWS, net.input_count))
    folder.mkdir()
    np.savez(folder / "golden.npz", x=x, y=softmax(net.forward(x)), **arrays)
    return folder


@pytest.mark.parametrize("kind", ["regression", "labels"])
def test_a_softmax_is_for_classes_only(kind, tmp_path: Path):
    net = network(3, "linear")
    what = "a regression" if kind == "regression" else "labels"
    message = f"y: expected the outputs themselves for {what}, got their softmax"
    plain = _softmax_golden(tmp_path / "plain", net)
    assert load_golden(plain, net).task.kinds == (Kind.CLASSES,)
    with pytest.raises(InputError, match=message):
        load_golden(plain, net, task=kind)
    with pytest.raises(InputError, match=message):
        load_golden(_softmax_golden(tmp_path / "said", net, task=kind), net)
    save_network(net, tmp_path / "net")
    with pytest.raises(InputError, match=message):
        load_golden(plain, describe(tmp_path / "net", task=kind))


@pytest.mark.parametrize("key", ["targets", "labels"])
def test_one_sample_may_have_a_row_of_truth(key, tmp_path: Path):
    net = network(3, "linear")
    x = np.ones((1, 3))
    truth = np.array([[0.0, 1.0, 0.0]])
    np.savez(tmp_path / "golden.npz", x=x, y=net.forward(x), **{key: truth})
    golden = load_golden(tmp_path, net)
    if key == "targets":
        np.testing.assert_array_equal(golden.targets, truth)
    else:
        np.testing.assert_array_equal(golden.labels, [[1]])


@pytest.mark.parametrize("shape", [(1, ROWS), (ROWS, 1)])
def test_labels_may_be_written_as_a_row_or_column(shape, tmp_path: Path):
    net = network(3, "linear")
    golden = load_golden(save(tmp_path, net, labels=WHOLE.reshape(shape)), net)
    np.testing.assert_array_equal(golden.labels, WHOLE[:, None])


def _hot(*, wrong: int) -> tuple[Network, np.ndarray]:
    """Three sigmoids of which exactly one says yes, save in ``wrong`` of 200 samples."""
    layer = dense(3, "sigmoid", 8 * np.eye(3), np.full(3, -4.0))
    x = np.eye(3)[np.arange(200) % 3]
    x[:wrong] = 1.0
    return dense_chain("n", 3, (layer,)), x


@pytest.mark.parametrize(
    ("wrong", "kind", "guessed"),
    [(0, "classes", False), (1, "classes", False), (10, "classes", True), (60, "labels", True)],
)
def test_a_guessed_task_is_told(wrong, kind, guessed, tmp_path: Path):
    net, x = _hot(wrong=wrong)
    np.savez(tmp_path / "golden.npz", x=x, y=net.forward(x))
    golden = load_golden(tmp_path, net)
    assert golden.task.kinds == (kind,)
    told = [w for w in golden.warnings if w.startswith("the task is not said")]
    assert len(told) == guessed
    assert all(f"taken for {kind}; --task says otherwise" in text for text in told)
    assert not load_golden(tmp_path, net, task=kind).warnings
    one = network(1, "sigmoid")
    np.savez(tmp_path / "golden.npz", x=x, y=one.forward(x))
    assert not load_golden(tmp_path, one).warnings


@pytest.mark.parametrize(
    ("arrays", "found"),
    [
        ({"labels": WHOLE}, "classes, as golden data has one label a sample"),
        ({"labels": np.eye(3)[WHOLE]}, "classes, as golden data has one-hot labels"),
        ({"targets": np.ones((ROWS, 3))}, "regression, as golden data has targets"),
        ({"labels": np.full((ROWS, 3), 0.7) * np.arange(ROWS)[:, None]},
         "regression, as golden data has true values for labels"),
    ],
)
def test_thresholds_beside_the_answers_of_another_task_are_blamed(arrays, found, tmp_path: Path):
    """Not the labels, which are as they should be."""
    net = network(3, "linear")
    expected = "expected the task binary or labels, whose outputs say yes from a threshold on, got "
    save(tmp_path / "asked", net, **arrays)
    with pytest.raises(InputError, match=f"^--threshold: {expected}{found} "):
        load_golden(tmp_path / "asked", net, thresholds=(0.5,))
    save(tmp_path / "said", net, **arrays, threshold=0.5)
    with pytest.raises(InputError, match=f"golden.npz: threshold: {expected}{found} "):
        load_golden(tmp_path / "said", net)


def test_thresholds_beside_a_softmax_are_blamed(tmp_path: Path):
    net = network(3, "linear")
    folder = _softmax_golden(tmp_path / "plain", net)
    with pytest.raises(InputError, match="^--threshold: .* got classes, as golden data has the so"):
        load_golden(folder, net, thresholds=(0.5,))


def test_thresholds_say_the_task_where_nothing_else_does(tmp_path: Path):
    net = network(3, "linear")
    for n, arrays in enumerate(({}, {"labels": np.eye(3)[WHOLE] + np.eye(3)[0] > 0})):
        save(tmp_path / str(n), net, **arrays)
        task = load_golden(tmp_path / str(n), net, thresholds=(0.5,)).task
        assert (task.kinds, task.source) == ((Kind.LABELS,), "--threshold")
    one = network(1, "linear")
    save(tmp_path / "one", one, labels=WHOLE % 2)
    assert load_golden(tmp_path / "one", one, thresholds=(0.5,)).task.kinds == (Kind.BINARY,)
