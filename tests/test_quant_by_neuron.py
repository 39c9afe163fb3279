"""What networks that were pruned from one another have in common is found once."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.models.layers.dense import Dense
from build_decoder.quant.by_neuron import ByNeuron
from build_decoder.quant.error_feedback import feedback_of
from build_decoder.quant.forward_once import ForwardOnce
from build_decoder.quant.pruning import pruning_path
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.rounded_once import RoundedOnce


@pytest.fixture(scope="module")
def pruned():
    """Networks of which most have neurons of another's first layer, and their samples."""
    network = load_network("tiny")
    x = load_golden("tiny", network).search.x
    return [network, *pruning_path(network, x)], x


def test_neurons_of_a_first_layer_are_run_once(pruned, monkeypatch):
    networks, x = pruned
    expected = [network.forward(x) for network in networks]
    run = []
    forward = Dense.forward
    monkeypatch.setattr(
        Dense,
        "forward",
        lambda layer, tensors, weights: run.append((weights["weights"].shape, layer.units))
        or forward(layer, tensors, weights),
    )
    once = ForwardOnce(x)
    for network, y in zip(networks, expected, strict=True):
        np.testing.assert_allclose(once.outputs(network), y, rtol=1e-12, atol=1e-12)
    first = [units for (inputs, _), units in run if inputs == networks[0].input_count]
    assert first == [networks[0].layers[0].units]


def test_equal_weights_with_another_bias_or_activation_are_another_neuron(pruned):
    (network, *_), x = pruned
    once = ForwardOnce(x)
    once.outputs(network)
    first, *others = network.layers
    for other in (replace(first, bias=first.bias + 1), replace(first, activation="relu")):
        changed = network.with_layers((other, *others))
        np.testing.assert_allclose(once.outputs(changed), changed.forward(x), rtol=1e-12)


def test_weights_of_networks_are_rounded_as_those_of_each(pruned):
    networks, x = pruned
    once = RoundedOnce.by_samples(x)
    for format in (QFormat(0, 4), QFormat(1, 2)):
        for network in networks:
            weights = network.layers[0].weights
            rounded = once.rounded(weights, format)
            np.testing.assert_array_equal(rounded, feedback_of(x).rounded(weights, format))
            assert rounded.flags.c_contiguous


def test_results_may_be_of_any_shape_and_are_found_for_new_neurons_alone():
    once, found = ByNeuron(), []
    random = np.random.default_rng(0)
    weights = random.normal(size=(3, 6))

    def results(weights, how):
        def find(new):
            found.append(new)
            return np.multiply.outer(np.arange(4.0) + how, weights[:, new])

        return once.of(weights, how, find)

    for how, neurons, new in (
        (0, [1, 4], [0, 1]),
        (0, [4, 2, 1], [1]),
        (1, [4, 2], [0, 1]),
        (0, [2, 4], None),
    ):
        got = results(weights[:, neurons], how)
        np.testing.assert_array_equal(
            got, np.multiply.outer(np.arange(4.0) + how, weights[:, neurons])
        )
        if new is not None:
            assert found.pop() == new
        assert not found
