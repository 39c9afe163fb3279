"""Inputs that once went wrong in silence, through the command line.

They are made anew here, small; what was reported lies with shared data, where it is read from if it
is there.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from build_decoder.__main__ import main
from build_decoder.model_file import load_model
from build_decoder.models import Network, load_golden, load_network, save_network
from tests.decoders import decoder
from tests.networks import dense, dense_chain

SHARED = Path(__file__).parents[1] / "../shared/cases"


def build(network: Path, output: Path, capsys, *more: str) -> tuple[int, dict, str, str]:
    """Exit status, report, standard output and errors of a build up to quantise."""
    arguments = ["--network", str(network), "--stop-after", "quantise", "--output", str(output)]
    status = main([*arguments, *more])
    shown = capsys.readouterr()
    report = output / "report.json"
    return status, json.loads(report.read_text()) if report.exists() else {}, *shown


def save(folder: Path, network: Network, x: np.ndarray, y=None, **arrays) -> Path:
    save_network(network, folder)
    np.savez(folder / "golden.npz", x=x, y=network.forward(x) if y is None else y, **arrays)
    return folder


def linear(inputs: int, outputs: int, *, seed: int = 0, scale=1.0, offset=0.0) -> Network:
    weights = np.random.default_rng(seed).normal(size=(inputs, outputs)) * scale
    return dense_chain(
        "net", inputs, (dense(outputs, "linear", weights, np.zeros(outputs) + offset),)
    )


def test_a_regression_keeps_each_output_on_its_own_scale(tmp_path, capsys):
    """Case 01: a position with an offset beside a small output, once one constant output."""
    net = linear(2, 2, scale=[9.0, 0.3], offset=[500.0, 0.0])
    x = np.random.default_rng(1).normal(size=(400, 2))
    status, report, out, _ = build(save(tmp_path / "n", net, x), tmp_path / "o", capsys)
    assert status == 0
    assert (report["task"], report["tasks_kept"]) == ("regression", ["regression", "classes"])
    for part in ("searched_on", "held_out"):
        assert min(report["quality"][part]["r2s"]) > 0.995
        assert max(report["quality"][part]["errors"]) < 0.03
    assert "R2 with the float outputs" in out
    assert "regression and classes" in out
    expected = np.load(tmp_path / "o" / "expected.npz")["y_raw"]
    assert all(len(np.unique(column)) > 50 for column in expected.T)


def test_one_said_task_is_one_kept_task_and_costs_no_more(tmp_path, capsys):
    net = linear(12, 3)
    x = np.random.default_rng(1).normal(size=(600, 12))
    folder = save(tmp_path / "n", net, x)
    bits = {}
    for task in (None, "regression", "classes"):
        more = ["--task", task] if task else []
        status, report, out, err = build(folder, tmp_path / f"o{task}", capsys, *more)
        assert status == 0
        assert report["task"] == (task or "regression")
        assert ("the task is not said" in err) == (task is None)
        bits[task] = report["average_bit_width"]
    assert max(bits["regression"], bits["classes"]) <= bits[None]


def test_max_error_is_each_outputs_own(tmp_path, capsys):
    net = linear(12, 3, scale=[1, 10, 100])
    folder = save(tmp_path / "n", net, np.random.default_rng(1).normal(size=(600, 12)))
    for limit in ("0.1", "0.004"):
        more = ["--task", "regression", "--max-error", limit]
        status, report, _, _ = build(folder, tmp_path / f"o{limit}", capsys, *more)
        assert status == 0
        assert max(report["quality"]["searched_on"]["errors"]) <= float(limit)


def test_a_linear_output_decides_at_zero_or_as_told(tmp_path, capsys):
    """Case 05: once decided at 0.5, which called a perfect network 50 % right."""
    net = linear(3, 1)
    x = np.random.default_rng(1).normal(size=(400, 3))
    y = net.forward(x)
    folder = save(tmp_path / "n", net, x, labels=(y[:, 0] >= 0).astype(int))
    status, report, out, _ = build(folder, tmp_path / "o", capsys)
    assert (status, report["task"], report["thresholds"]) == (0, "binary", [0.0])
    assert report["quality"]["searched_on"]["float_accuracy"] == 1
    assert report["quality"]["held_out"]["agreement"] >= 0.99
    save(folder, net, x, labels=(y[:, 0] >= 1.25).astype(int))
    status, report, out, _ = build(folder, tmp_path / "p", capsys, "--threshold", "1.25")
    assert (status, report["task"], report["thresholds"]) == (0, "binary", [1.25])
    assert report["quality"]["searched_on"]["float_accuracy"] == 1
    assert "yes from 1.25 on" in " ".join(out.split())


def test_a_near_tie_is_counted_and_no_reason_to_refuse(tmp_path, capsys):
    """Case 06: a golden sample within 1e-9 of the boundary."""
    x = np.random.default_rng(0).normal(size=(100, 2))
    # Equal in fixed point, so that the first output wins; the network says the second.
    x[7] = [0.25, 0.25 + 1e-9]
    net = dense_chain("net", 2, (dense(2, "linear", np.eye(2), np.zeros(2)),))
    labels = net.forward(x).argmax(axis=1)
    folder = save(tmp_path / "n", net, x, labels=labels, held_out=np.zeros(100))
    status, report, out, _ = build(folder, tmp_path / "o", capsys)
    assert (status, report["near_ties"]) == (0, 1)
    assert report["quality"]["searched_on"]["agreement"] == 0.99
    assert "1 of the samples searched on" in out


def test_golden_data_of_one_class_does_not_make_a_decoder_of_one_class(tmp_path, capsys):
    """Case 02: once 9.9 % of decisions were left of 98.2 %."""
    made = decoder("binary")
    decided = made.golden.task.decisions(made.golden.y)[:, 0]
    one = made.golden.select(decided == 0)
    folder = save(tmp_path / "n", made.network, one.x, task="binary")
    status, report, _, err = build(folder, tmp_path / "o", capsys)
    assert status == 0
    assert "class 1 hardly ever decided: outputs are kept as values" in err
    assert any("class 1 hardly ever decided" in warning for warning in report["warnings"])
    y = load_model(tmp_path / "o").predict(made.new.x)
    kept = made.new.task.decisions(y) == made.new.task.decisions(made.new.y)
    assert kept.mean() >= 0.99


def test_inputs_with_a_large_offset_are_resolved(tmp_path, capsys):
    """Case 16: readings of a converter, 32768 +- 3."""
    net = linear(4, 3)
    shift = 32768.0
    layer = net.layers[0]
    net = dense_chain(
        "net",
        4,
        (dense(3, "linear", layer.weights, -shift * layer.weights.sum(axis=0)),),
    )
    x = shift + np.random.default_rng(1).normal(0, 3, size=(400, 4)).round()
    status, report, _, _ = build(
        save(tmp_path / "n", net, x), tmp_path / "o", capsys, "--task", "regression"
    )
    assert status == 0
    assert min(report["quality"]["held_out"]["r2s"]) > 0.999


def test_inputs_that_no_format_holds_are_named_with_node_and_resolution(tmp_path, capsys):
    net = linear(4, 3)
    shift = 2.0**40
    layer = net.layers[0]
    net = dense_chain(
        "net", 4, (dense(3, "linear", layer.weights, -shift * layer.weights.sum(axis=0)),)
    )
    x = shift + np.random.default_rng(1).normal(0, 3, size=(400, 4)).round(3)
    status, _, _, err = build(
        save(tmp_path / "n", net, x), tmp_path / "o", capsys, "--task", "regression"
    )
    assert status == 2
    assert len(err.splitlines()) == 1
    assert "node input of layer 1 has values of 1.09951e+12" in err
    assert "needs steps of" in err
    assert not (tmp_path / "o").exists()


def test_golden_outputs_of_something_else_are_refused_by_every_search(tmp_path, capsys):
    """Case 19: one-hot outputs, which one search took for the network's own."""
    net = linear(4, 3)
    x = np.random.default_rng(1).normal(size=(200, 4))
    hot = np.eye(3)[net.forward(x).argmax(axis=1)]
    folder = save(tmp_path / "n", net, x, hot)
    for search in ("default", "widths", "ahead"):
        status, _, _, err = build(folder, tmp_path / "o", capsys, "--search", search)
        assert status == 2
        assert len(err.splitlines()) == 1
        assert "sample 0, output" in err
        assert "one-hot" in err
        assert not (tmp_path / "o").exists()


def test_a_header_in_a_csv_is_named_by_its_row(tmp_path, capsys):
    """Case 10: the numeric header that pandas writes."""
    net = linear(3, 2)
    x = np.random.default_rng(1).normal(size=(50, 3))
    save_network(net, tmp_path / "n")
    for name, array in (("x", x), ("y", net.forward(x))):
        header = ",".join(map(str, range(array.shape[1])))
        np.savetxt(tmp_path / "n" / f"{name}.csv", array, delimiter=",", header=header, comments="")
    status, _, _, err = build(tmp_path / "n", tmp_path / "o", capsys)
    assert status == 2
    assert "row 1 of x looks like a header" in err


def test_a_constant_network_is_one_line(tmp_path, capsys):
    """Case 39: all weights zero, once numpy's warnings."""
    net = linear(3, 2, scale=0.0)
    x = np.random.default_rng(1).normal(size=(50, 3))
    status, _, _, err = build(save(tmp_path / "n", net, x), tmp_path / "o", capsys)
    assert status == 2
    assert len(err.splitlines()) == 1
    assert "constant network: net always gives 0, 0" in err


def test_what_board_or_link_cannot_take_is_refused_before_the_search(tmp_path, capsys, monkeypatch):
    import build_decoder.flow

    monkeypatch.setattr(build_decoder.flow, "quantise_network", None)
    large = dense_chain("large", 1000, (dense(400, "relu", np.ones((1000, 400)), np.zeros(400)),))
    folder = save(tmp_path / "large", large, np.random.default_rng(0).normal(size=(4, 1000)))
    status, _, _, err = build(folder, tmp_path / "o", capsys, "--board", "icebreaker")
    assert status == 2
    assert "weights fit the iCE40UP5K-SG48, got 400000 bits" in err
    outputs = dense_chain("o", 2, (dense(65_536, "relu", np.ones((2, 65_536)), np.zeros(65_536)),))
    folder = save(tmp_path / "outputs", outputs, np.random.default_rng(0).normal(size=(4, 2)))
    status, _, _, err = build(folder, tmp_path / "o", capsys)
    assert status == 2
    assert "output frame of at most 65535 bytes" in err
    with pytest.raises(TypeError):  # the search is reached where nothing is too large
        build(folder, tmp_path / "o", capsys, "--network", "tiny", "--golden", "tiny")


CASES = {
    "01-regression-offset": "net",
    "02-one-class-golden": "net",
    "05-logit-threshold": "net",
    "06-one-near-tie": "net",
    "06b-near-tie-labelled": ".",
    "16-dc-offset": "net",
}


@pytest.mark.skipif(not SHARED.exists(), reason="the reported inputs are not there")
@pytest.mark.parametrize("name", CASES)
def test_reported_inputs_that_are_built(name, tmp_path, capsys):
    source = SHARED / name / CASES[name]
    status, report, _, _ = build(source, tmp_path / "o", capsys)
    assert status == 0
    quality = report["quality"]["held_out"]
    if report["task"] == "regression":
        assert min(quality["r2s"]) > 0.995
    else:
        assert quality["agreement"] >= 0.99
    if name == "02-one-class-golden":
        everything = load_golden(SHARED / name / "all.npz", load_network(source))
        y = load_model(tmp_path / "o").predict(everything.x)
        kept = everything.task.decisions(y) == everything.task.decisions(everything.y)
        assert kept.mean() >= 0.99


@pytest.mark.skipif(not SHARED.exists(), reason="the reported inputs are not there")
@pytest.mark.parametrize(
    ("name", "golden", "part"),
    [
        ("10-csv-pandas-header", "x.csv,{0}/y.csv", "row 1 of x looks like a header"),
        ("19-y-onehot", "net/golden.npz", "one-hot"),
    ],
)
def test_reported_inputs_that_are_refused(name, golden, part, tmp_path, capsys):
    folder = SHARED / name
    more = ["--golden", f"{folder}/{golden.format(folder)}"]
    status, _, _, err = build(folder / "net", tmp_path / "o", capsys, *more)
    assert status == 2
    assert len(err.splitlines()) == 1
    assert part in err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("task", "option", "part"),
    [
        ("classes", ["--max-error", "0.01"], "--max-error: expected a regression"),
        ("regression", ["--max-loss", "0.01"], "--max-loss: expected a task that decides"),
        ("ranking", [], "--task: invalid choice: 'ranking' (choose from 'classes', 'binary'"),
        ("regression", ["--max-error", "0"], "expected a fraction above 0"),
        ("regression", ["--max-error", "nan"], "expected a fraction above 0"),
        ("regression", ["--threshold", "0.5"], "thresholds with binary or labels only"),
    ],
)
def test_options_that_the_task_does_not_use_are_refused(task, option, part, tmp_path, capsys):
    folder = save(tmp_path / "n", linear(3, 2), np.random.default_rng(1).normal(size=(60, 3)))
    for last in ("import", "quantise"):
        arguments = ["--task", task, *option, "--stop-after", last]
        status, _, _, err = build(folder, tmp_path / "o", capsys, *arguments)
        assert status == 2
        assert len(err.splitlines()) == 1
        assert part in err, err
        assert not (tmp_path / "o").exists()


def test_without_labels_no_accuracy_is_shown(tmp_path, capsys):
    folder = save(tmp_path / "n", linear(3, 3), np.random.default_rng(1).normal(size=(200, 3)))
    status, report, out, _ = build(folder, tmp_path / "o", capsys, "--task", "classes")
    assert status == 0
    assert report["quality"]["held_out"]["float_accuracy"] is None
    assert "accuracy" not in out
    assert "decisions kept" in out
    status, report, out, _ = build(folder, tmp_path / "p", capsys, "--task", "regression")
    assert report["quality"]["held_out"]["float_r2s"] is None
    assert report["max_error"] == 0.02
    assert "R2 with the float outputs" in out
