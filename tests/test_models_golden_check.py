"""Golden outputs are compared with the network's before anything else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, Network, load_golden
from build_decoder.models.dense_view import DenseView
from build_decoder.models.golden.check import softmax
from tests.networks import dense, dense_chain

SAMPLES = 120


def layer(random, inputs: int, units: int, activation: str) -> DenseView:
    return dense(
        units, activation, random.normal(size=(inputs, units)), random.normal(size=units)
    )


@pytest.fixture
def net() -> Network:
    random = np.random.default_rng(1)
    kinds = ((6, "tanh"), (6, "sigmoid"), (3, "linear"))
    return dense_chain("net", 6, tuple(layer(random, 6, units, kind) for units, kind in kinds))


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(SAMPLES, 6)) * 0.7


def load(folder: Path, net: Network, x: np.ndarray, y: np.ndarray, **more):
    np.savez(folder / "golden.npz", x=x, y=y, **more)
    return load_golden(folder, net)


def assert_refused(folder, net, x, y, *parts: str):
    with pytest.raises(InputError) as caught:
        load(folder, net, x, y)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    for part in ("which the network gives", *parts):
        assert part in message, message


@pytest.mark.parametrize(
    "written",
    [
        lambda y: y,
        lambda y: y.astype(np.float32),
        lambda y: y.astype(np.float16),
        lambda y: y.round(4),
        lambda y: y.round(2),
        lambda y: np.array([[float(f"{v:.4g}") for v in row] for row in y]),
    ],
    ids=["float64", "float32", "float16", "4 decimals", "2 decimals", "4 digits"],
)
def test_the_precision_of_the_file_is_allowed(written, net, x, tmp_path):
    y = written(net.forward(x))
    np.testing.assert_array_equal(load(tmp_path, net, x, y).y, net.forward(x))


def test_a_model_that_computes_in_float32_is_allowed_with_a_large_offset(net, x, tmp_path):
    first = net.layers[0]
    bias = first.bias - 5e3 * first.weights.sum(axis=0)
    far = net.with_layers((replace(first, bias=bias), *net.layers[1:]))
    values = (x + 5e3).astype(np.float32)
    x = values.astype(np.float64)
    for one in far.layers:
        values = values @ one.weights.astype(np.float32) + one.bias.astype(np.float32)
        values = replace(one, weights=np.eye(one.units), bias=np.zeros(one.units)).forward(
            values
        ).astype(np.float32)
    load(tmp_path, far, x, values)


def test_one_value_that_is_wrong_is_named_with_both_values(net, x, tmp_path):
    y = net.forward(x)
    y[17, 2] += 0.01
    assert_refused(
        tmp_path, net, x, y,
        "golden.npz: sample 17, output 2", f"expected {y[17, 2] - 0.01:.6g}, which",
        f"got {y[17, 2]:.6g} (1 of {SAMPLES} samples differ)",
    )  # fmt: skip


def test_the_softmax_of_the_outputs_is_accepted_and_told(net, x, tmp_path):
    for probabilities in (softmax(net.forward(x)), softmax(net.forward(x)).astype(np.float32)):
        golden = load(tmp_path, net, x, probabilities)
        np.testing.assert_array_equal(golden.y, net.forward(x))
        assert golden.task.kinds == ("classes",)
        assert golden.notes == ("y is the softmax of the network's outputs",)


def _standardised(net, x):
    mean, scale = x.mean(axis=0), x.std(axis=0)
    return net.forward((x - mean) / scale)


def _transposed(net, *numbers):
    layers = list(net.layers)
    for number in numbers:
        layers[number] = replace(layers[number], weights=layers[number].weights.T)
    return net.with_layers(layers)


def _with(net, number, **fields):
    layers = list(net.layers)
    layers[number] = replace(layers[number], **fields)
    return net.with_layers(layers)


@pytest.mark.parametrize(
    ("golden", "reason"),
    [
        (lambda n, x: np.eye(3)[n.forward(x).argmax(axis=1)], "y is one-hot"),
        (lambda n, x: np.eye(3)[np.arange(SAMPLES) % 3], "y is one-hot"),
        (lambda n, x: (n.forward(x) > 0).astype(float), "y is 0 and 1 only"),
        (lambda n, x: _transposed(n, 0).forward(x), "layer 1 with its weights transposed"),
        (lambda n, x: _transposed(n, 1).forward(x), "layer 2 with its weights transposed"),
        (lambda n, x: _transposed(n, 0, 1).forward(x), "layer 1 and 2 with its weights transposed"),
        (lambda n, x: _with(n, 0, activation="relu").forward(x), "layer 1 with relu instead of"),
        (lambda n, x: _with(n, 2, activation="sigmoid").forward(x), "layer 3 with sigmoid instead"),
        (lambda n, x: _with(n, 1, bias=np.zeros(6)).forward(x), "layer 2 without its bias"),
        (lambda n, x: np.log(softmax(n.forward(x))), "log-softmax"),
        (lambda n, x: n.forward(x)[:, [2, 0, 1]], "outputs in another order: 2, 0, 1"),
        (lambda n, x: n.forward(x)[::-1], "samples in another order"),
        (
            lambda n, x: n.forward(x.reshape(-1, 2, 3).transpose(0, 2, 1).reshape(-1, 6)),
            "inputs (2, 3) flattened in the other order",
        ),
        (lambda n, x: n.forward(x / 255), "inputs divided by 255 give y"),
        (lambda n, x: _standardised(n, 40 + 9 * x), "all"),
    ],
)
def test_explanations_that_fit_are_told(golden, reason, net, x, tmp_path):
    if reason == "all":
        x, reason = 40 + 9 * x, "standardised (each less its mean, by its standard deviation)"
        assert_refused(tmp_path, net, x, _standardised(net, x), reason)
    else:
        assert_refused(tmp_path, net, x, golden(net, x), reason)


def test_inputs_standardised_by_other_samples_are_recognised(net, tmp_path):
    x = np.random.default_rng(3).poisson(6, size=(SAMPLES, 6)).astype(float)
    y = net.forward((x - 5.8) / 2.6)
    assert_refused(tmp_path, net, x, y, "standardised", "were they scaled so in training?")


def test_another_networks_outputs_have_no_explanation(net, x, tmp_path):
    other = dense_chain("other", 6, (layer(np.random.default_rng(9), 6, 3, "linear"),))
    with pytest.raises(InputError) as caught:
        load(tmp_path, net, x, other.forward(x))
    assert str(caught.value).endswith(f"({SAMPLES} of {SAMPLES} samples differ)")


def test_a_numeric_header_is_named_by_its_row(net, x, tmp_path):
    y = net.forward(x)
    for name, array in (("x", x), ("y", y)):
        header = ",".join(map(str, range(array.shape[1])))
        np.savetxt(tmp_path / f"{name}.csv", array, delimiter=",", header=header, comments="")
    with pytest.raises(InputError, match=r"y.csv: sample 0, .*row 1 of x looks like a header"):
        load_golden(tmp_path, net)
    np.savetxt(tmp_path / "y.csv", y, delimiter=",")
    with pytest.raises(InputError, match=r"row 1 of x looks like a header: \[0.0, 1.0, 2.0"):
        load_golden(tmp_path, net)


def test_labels_that_agree_with_nothing_are_told(net, x, tmp_path):
    y = net.forward(x)
    own = y.argmax(axis=1)
    assert load(tmp_path, net, x, y, labels=own).warnings == ()
    (warning,) = load(tmp_path, net, x, y, labels=(own + 1) % 3).warnings
    assert "agree with 0.0% of the network's decisions" in warning
    assert "class 0 is label 1" in warning
    random = np.random.default_rng(0).permutation(np.arange(SAMPLES) % 3)
    assert any("labels of golden data" in w for w in load(
        tmp_path, net, x, y, labels=np.where(own == random, (random + 1) % 3, random)
    ).warnings)


def test_labels_of_one_class_are_told_where_the_network_says_others(net, x, tmp_path):
    y = net.forward(x)
    rare = int(np.argmin(np.bincount(y.argmax(axis=1), minlength=3)))
    (warning,) = load(tmp_path, net, x, y, labels=np.full(SAMPLES, rare)).warnings
    assert "labels of golden data agree with" in warning


def test_an_outlying_sample_is_told(net, x, tmp_path):
    x[31, 4] = 1e4
    warnings = load(tmp_path, net, x, net.forward(x), labels=net.forward(x).argmax(1)).warnings
    assert any("sample 31 of golden data has 10000 for input 4" in w for w in warnings)


def test_a_constant_output_is_told_and_a_constant_network_refused(net, x, tmp_path):
    last = net.layers[-1]
    still = _with(net, 2, weights=last.weights * [1, 0, 1])
    warnings = load(tmp_path, still, x, still.forward(x), task="regression").warnings
    assert any("output 1 is constant on golden data" in w for w in warnings)
    dead = _with(net, 2, weights=0 * last.weights)
    with pytest.raises(InputError, match="constant network: net always gives"):
        load(tmp_path, dead, x, dead.forward(x))
    (warning,) = load(tmp_path, net, x[:1], net.forward(x[:1]), task="regression").warnings
    assert "one sample" in warning


def test_a_relu_that_never_fires_on_golden_data_is_no_constant_network(x, tmp_path):
    """It fires on inputs 20 times larger, or where one input alone is large."""
    for weights in (np.ones((6, 2)), np.eye(6, 2)):
        quiet = dense_chain("n", 6, (dense(2, "relu", weights, np.full(2, -40.0)),))
        warnings = load(tmp_path, quiet, x, quiet.forward(x), task="regression").warnings
        told = "outputs 0, 1 are constant on golden data: nothing is known of how they vary"
        assert any(warning.startswith(told) for warning in warnings)
    never = dense_chain("n", 6, (dense(2, "relu", np.zeros((6, 2)), np.full(2, -40.0)),))
    with pytest.raises(InputError, match="n always gives 0, 0"):
        load(tmp_path, never, x, never.forward(x), task="regression")


def test_an_output_is_constant_although_its_sum_is_rounded(net, x, tmp_path):
    """Inputs that cancel leave 1e-16 of an output that is always 0.1."""
    first = np.hstack([np.eye(6), -np.eye(6)])
    last = np.vstack([0.3 * np.ones((6, 1)), 0.3 * np.ones((6, 1))])
    still = dense_chain("n", 6, (
        dense(12, "linear", first, np.zeros(12)),
        dense(2, "linear", np.hstack([last, last * np.arange(12)[:, None]]), np.full(2, 0.1)),
    ))  # fmt: skip
    assert np.ptp(still.forward(x)[:, 0]) > 0
    warnings = load(tmp_path, still, x, still.forward(x), task="regression").warnings
    assert any("output 0 is constant on golden data" in w for w in warnings)
