"""Golden outputs of less precision than float64: what is excused, what is told, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, Network, load_golden
from build_decoder.models import activations as float_activations
from build_decoder.models.golden.check import SOFTMAX_NOTE, softmax
from tests.networks import dense, dense_chain

SAMPLES, INPUTS = 300, 12


def _network(*, scale: float = 1.0, outputs: int = 3) -> Network:
    random = np.random.default_rng(5)
    layers, count = [], INPUTS
    for units, kind in ((16, "relu"), (8, "tanh"), (outputs, "linear")):
        weights = random.normal(size=(count, units)) / np.sqrt(count)
        layers.append(dense(units, kind, weights, 0.1 * random.normal(size=units)))
        count = units
    last = layers[-1]
    layers[-1] = dense(outputs, "linear", scale * last.weights, scale * last.bias)
    return dense_chain("net", INPUTS, tuple(layers))


NET = _network()
X = np.random.default_rng(6).normal(size=(SAMPLES, INPUTS))


def _load(folder: Path, x, y, net=NET, **more):
    np.savez(folder / "golden.npz", x=x, y=y, **more)
    return load_golden(folder, net)


def _refused(folder: Path, x, y, net=NET, **more) -> str:
    with pytest.raises(InputError) as caught:
        _load(folder, x, y, net, **more)
    return str(caught.value)


def _cut(values: np.ndarray, bits: int) -> np.ndarray:
    """float32 with all but ``bits`` bits of the mantissa cut off."""
    raw = values.astype(np.float32).view(np.uint32)
    return (raw & ~np.uint32((1 << (23 - bits)) - 1)).view(np.float32)


def _computed(net: Network, x: np.ndarray, operand, result=lambda v: v) -> np.ndarray:
    values = x
    for layer in net.layers:
        sums = result(operand(values) @ operand(layer.weights) + layer.bias.astype(np.float32))
        values = result(float_activations.get(layer.activation).function(sums))
    return values.astype(np.float32)


def _nearest(values):
    return values.astype(np.float16).astype(np.float32)


@pytest.mark.parametrize(
    "computed",
    [
        lambda net, x: _computed(net, x, _nearest),
        lambda net, x: _computed(net, x, lambda v: _cut(v, 10)),
        lambda net, x: _computed(net, x, _nearest, _nearest),
    ],
    ids=["TF32 rounded", "TF32 cut off", "float16"],
)
def test_outputs_of_a_10_bit_mantissa_are_accepted(computed, tmp_path):
    golden = _load(tmp_path, X, computed(NET, X))
    np.testing.assert_array_equal(golden.y, NET.forward(X))
    probabilities = softmax(computed(NET, X).astype(np.float64))
    assert _load(tmp_path, X, probabilities).notes[0] == SOFTMAX_NOTE


def test_half_precision_is_told(tmp_path):
    (note,) = _load(tmp_path, X, _computed(NET, X, lambda v: _cut(v, 10))).notes
    assert note.startswith("y agrees with the network within 0.00")
    assert "only (computed in half precision): the network's own outputs are used" in note


def test_bfloat16_is_explained(tmp_path):
    y = _computed(NET, X, lambda v: _cut(v * (1 + 2.0**-9), 7))
    assert "y seems to be computed in half precision" in _refused(tmp_path, X, y)


@pytest.mark.parametrize("decimals", [3, 4])
def test_inputs_and_outputs_rounded_alike_are_accepted_and_told(decimals, tmp_path):
    y = NET.forward(X)
    for name, array in (("x", X), ("y", y)):
        np.savetxt(tmp_path / f"{name}.csv", array, delimiter=",", fmt=f"%.{decimals}f")
    golden = load_golden(tmp_path, NET)
    np.testing.assert_array_equal(golden.y, NET.forward(X.round(decimals)))
    (note,) = golden.notes
    assert f"(x is rounded to {decimals} decimals)" in note


def test_inputs_that_are_whole_numbers_excuse_nothing(tmp_path):
    x = np.random.default_rng(1).poisson(3, size=X.shape).astype(float)
    y = NET.forward(x + 0.01 * np.random.default_rng(2).normal(size=x.shape))
    assert "of 300 samples differ" in _refused(tmp_path, x, y)


def test_an_agreement_of_little_precision_is_told(tmp_path):
    y = NET.forward(X)
    net = _network(scale=3 / y.std(axis=0).min())
    (note,) = _load(tmp_path, X, net.forward(X).round(1), net).notes
    assert "of an output's standard deviation only (y is rounded to 1 decimal)" in note
    assert _load(tmp_path, X, net.forward(X).round(4), net).notes == ()


def test_outputs_rounded_too_coarsely_are_refused_with_the_reason(tmp_path):
    net = _network(scale=0.23 / NET.forward(X).std())
    y = net.forward(X)
    message = _refused(tmp_path, X, y.round(1), net)
    assert "y is rounded to 1 decimal, too coarse beside a standard deviation of 0." in message
    # A different network's outputs are not excused so.
    assert "too coarse" not in _refused(tmp_path, X, y[::-1].round(1), net)


@pytest.mark.parametrize("written", [lambda y: y.round(3), lambda y: y.astype(np.float32)])
def test_one_sample_may_be_rounded(written, tmp_path):
    x = X[:1].round(2)
    golden = _load(tmp_path, x, written(NET.forward(x)), task="regression")
    np.testing.assert_array_equal(golden.y, NET.forward(x))
    assert "1 of 1 samples differ" in _refused(tmp_path, x, NET.forward(x) + 0.2)


def test_random_one_hot_labels_are_no_softmax_however_large_the_outputs(tmp_path):
    net = _network(scale=46 / NET.forward(X).std())
    random = np.eye(3)[np.random.default_rng(0).integers(0, 3, SAMPLES)]
    assert "y is one-hot" in _refused(tmp_path, X, random, net)
    decided = np.eye(3)[net.forward(X).argmax(axis=1)]
    assert "y is one-hot" in _refused(tmp_path, X, decided, net)
    assert _load(tmp_path, X, softmax(net.forward(X)), net).notes == (SOFTMAX_NOTE,)
    # Where every softmax is saturated, one-hot outputs are the softmax.
    net = _network(scale=1e5)
    sure = np.sort(net.forward(X), axis=1)
    x = X[sure[:, -1] - sure[:, -2] > 30]
    saturated = np.eye(3)[net.forward(x).argmax(axis=1)]
    assert _load(tmp_path, x, saturated, net).notes == (SOFTMAX_NOTE,)


def test_a_class_that_is_never_likely_may_be_rounded_to_nothing(tmp_path):
    last = NET.layers[-1]
    layers = (*NET.layers[:-1], dense(3, "linear", last.weights, last.bias - [0, 0, 12]))
    net = dense_chain("net", INPUTS, layers)
    y = softmax(net.forward(X)).round(3)
    assert not y[:, 2].any()
    assert _load(tmp_path, X, y, net).notes[0] == SOFTMAX_NOTE


def test_nothing_reaches_stderr_while_outputs_are_compared(tmp_path, recwarn):
    net = _network(scale=1e8)
    _refused(tmp_path, 1e6 * X, net.forward(1e6 * X[::-1]) + 1, net)
    assert not recwarn.list


def test_outputs_that_are_not_finite_are_named(tmp_path):
    weights = np.full((INPUTS, INPUTS), 1e30)
    layers = [dense(INPUTS, "linear", weights, np.zeros(INPUTS))] * 11
    net = dense_chain("huge", INPUTS, tuple(layers))
    assert "finite outputs" in _refused(tmp_path, X, np.zeros((SAMPLES, INPUTS)), net)


def test_an_explanation_must_hold_for_samples_that_agree_too(tmp_path):
    """Half of the rows are those of a network with other weights: no explanation fits all."""
    first = NET.layers[0]
    other = dense_chain(
        "net", INPUTS, (dense(16, "linear", first.weights, first.bias), *NET.layers[1:])
    )
    y = other.forward(X)
    assert "layer 1 with linear instead of relu gives y" in _refused(tmp_path, X, y)
    y[::2] = NET.forward(X)[::2]
    assert _refused(tmp_path, X, y).endswith(" samples differ)")


def test_a_first_sample_of_an_npz_is_no_header(tmp_path):
    x = X.copy()
    x[0] = np.arange(INPUTS)
    y = NET.forward(x)
    y[0, 0] += 0.3
    message = _refused(tmp_path, x, y)
    assert message.endswith("(1 of 300 samples differ): all samples but 0 agree")
    assert "header" not in _refused(tmp_path, x, y[1:])
    np.savetxt(tmp_path / "x.csv", x, delimiter=",")
    np.savetxt(tmp_path / "y.csv", y, delimiter=",")
    (tmp_path / "golden.npz").unlink()
    with pytest.raises(InputError, match="row 1 of x looks like a header"):
        load_golden(tmp_path, NET)
