"""Weights of another day in formats that were built: as good as they can be, or refused."""

import re
from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import load_golden, load_network
from build_decoder.models.errors import InputError
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.recalibration import recalibrate
from tests.days import other_day
from tests.searches import quantise


@pytest.fixture(scope="module")
def day():
    network = load_network("tiny")
    golden = load_golden("tiny", network)
    return network, golden, quantise(network, golden, reloadable=True)


def test_the_same_network_gives_the_model_that_was_built(day):
    network, golden, built = day
    found = recalibrate(built.model, network, network, golden)
    assert found.all.agreement >= 0.98
    assert [node.format for node in found.model.signals()] == [
        node.format for node in built.model.signals()
    ]


@pytest.mark.parametrize("seed", range(3))
def test_another_day_keeps_widths_formats_and_decisions(seed, day):
    network, golden, built = day
    other, its_golden = other_day(network, golden, seed)
    found = recalibrate(built.model, network, other, its_golden, max_loss=0.02)
    assert found.model.name == "other_day"
    assert found.model.fingerprint() != built.model.fingerprint()
    for made, given in zip(built.model.layers, found.model.layers, strict=True):
        assert given.signals == made.signals
        assert (given.exact, given.biased, given.reach) == (made.exact, made.biased, made.reach)
        assert given.activation == made.activation
    assert found.network.topology == built.model.topology
    # What is reported is what the model computes.
    y = found.model.predict(its_golden.x)
    kept = its_golden.task.decisions(y) == its_golden.task.decisions(its_golden.y)
    assert found.all.agreement == pytest.approx(kept.mean(axis=0).min())
    assert found.all.samples == len(golden)


def test_it_never_looks_at_held_out_samples(day):
    network, golden, built = day
    other, its_golden = other_day(network, golden, 1)
    x = np.where(its_golden.held_out[:, None], its_golden.x[::-1], its_golden.x)
    scrambled = replace(its_golden, x=x, y=other.forward(x))
    models = [
        recalibrate(built.model, network, other, data, max_loss=1.0).model
        for data in (its_golden, scrambled)
    ]
    assert models[0].fingerprint() == models[1].fingerprint()


def refused(day, other, golden=None, **options) -> str:
    network, its_golden, built = day
    golden = golden or replace(its_golden, y=other.forward(its_golden.x))
    with pytest.raises(InputError) as error:
        recalibrate(built.model, network, other, golden, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_other_sizes_and_activations_are_refused_by_layer(day):
    network, *_ = day
    first, *others = network.layers
    wider = replace(
        first, units=first.units + 1,
        weights=np.hstack([first.weights, first.weights[:, :1]]),
        bias=np.append(first.bias, 0.0),
    )
    after = replace(others[0], weights=np.vstack([others[0].weights, others[0].weights[:1]]))
    text = refused(day, network.with_layers([wider, after, *others[1:]]))
    assert f"layer 1: expected Dense(units={first.units}" in text
    assert f"got Dense(units={first.units + 1}" in text
    kind = "tanh" if first.activation != "tanh" else "relu"
    text = refused(day, network.with_layers([replace(first, activation=kind), *others]))
    assert f"activation='{kind}'" in text


def test_weights_far_beyond_their_format_are_refused_by_neuron(day):
    network, *_ = day
    first, *others = network.layers
    weights = first.weights.copy()
    weights[2, 1] = 1e4
    other = network.with_layers([replace(first, weights=weights), *others])
    text = refused(day, other, max_loss=1.0)
    assert "layer 1, neuron" in text
    assert "got 10000" in text or "1e+04" in text


def test_sums_beyond_what_was_built_are_refused_by_neuron(day):
    network, golden, built = day
    node, *nodes = built.model.nodes
    first = node.layer
    nothing = {"weights": np.zeros_like(first.weights), "bias": np.zeros_like(first.biases)}
    tight = replace(first.reach, one_sign=first.reach.one_sign // 2 - 1)
    node = replace(node, layer=replace(first.with_arrays(nothing), reach=tight))
    frozen = replace(built.model, nodes=(node, *nodes))
    with pytest.raises(InputError, match=r"layer 1, neuron \d+: weights: expected weights"):
        recalibrate(frozen, network, network, golden, max_loss=1.0)


def test_too_much_lost_is_refused(day):
    network, golden, _ = day
    other, golden = other_day(network, golden, 3, by=0.6)
    text = refused(day, other, replace(golden, labels=None), max_loss=0.001)
    assert "expected at most 0.10% of accuracy lost" in text
    assert "--also" in text


def test_inputs_beyond_the_input_format_are_told_with_what_follows_from_them(day):
    network, golden, built = day
    far = replace(golden, x=100 * golden.x, y=network.forward(100 * golden.x), labels=None)
    text = refused(day, network, far, max_loss=0.001)
    low, high = (float(part) for part in re.search(r" of (\S+) to (\S+), and are", text).groups())
    beyond = np.mean((far.x < low) | (far.x >= high + built.model.input_format.resolution))
    assert f"; {beyond:.1%} of the inputs are beyond the decoder's input format, " in text


def test_constant_weights_are_refused(day):
    network, golden, built = day
    constant = integer_model(network, quantise(network, golden, search="widths").search.formats)
    assert isinstance(constant, IntegerModel)
    with pytest.raises(InputError, match="--reloadable"):
        recalibrate(constant, network, network, golden)
