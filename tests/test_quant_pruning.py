from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.pruning import linear_layers_reduced, pruning_path, without_neuron
from tests.networks import dense, dense_chain


@pytest.fixture(scope="module")
def case():
    network = load_network("ahead_case1")
    return network, load_golden("ahead_case1", network)


def test_path_takes_one_neuron_at_a_time_down_to_one(case):
    network, golden = case
    units = [pruned.layers[0].units for pruned in pruning_path(network, golden.search.x)]
    assert units == list(range(19, 0, -1))


def test_half_of_the_neurons_can_stand_in_for_the_others(case):
    network, golden = case
    path = {pruned.layers[0].units: pruned for pruned in pruning_path(network, golden.search.x)}
    decisions = golden.task.decisions
    kept = decisions(path[10].forward(golden.unseen.x)) == decisions(golden.unseen.y)
    assert kept.mean() > 0.998


def test_a_copy_of_a_neuron_goes_first_and_changes_nothing(case):
    network, golden = case
    first, second = network.layers
    copied = replace(
        first, units=21,
        weights=np.hstack([first.weights, first.weights[:, :1]]),
        bias=np.append(first.bias, first.bias[0]),
    )
    twice = dense_chain("twice", 800, (copied, replace(
        second, weights=np.vstack([second.weights / 2, second.weights[:1] / 2]),
    )))
    pruned = next(pruning_path(twice, golden.search.x))
    assert pruned.layers[0].units == 20
    error = pruned.forward(golden.unseen.x) - twice.forward(golden.unseen.x)
    assert np.abs(error).max() < 0.1


def test_the_mean_of_a_neuron_goes_into_the_bias(case):
    network, golden = case
    hidden = network.layers[0].forward(golden.search.x)
    pruned = without_neuron(network, 0, 3, hidden)
    sums = hidden @ network.layers[1].weights + network.layers[1].bias
    left = np.delete(hidden, 3, axis=1) @ pruned.layers[1].weights + pruned.layers[1].bias
    np.testing.assert_allclose(left.mean(axis=0), sums.mean(axis=0))


def test_linear_layers_keep_their_outputs_with_fewer_neurons():
    network = load_network("ahead_fig4")
    golden = load_golden("ahead_fig4", network)
    reduced = linear_layers_reduced(network, golden.search.x)
    assert reduced.topology == "768-20-20-7"
    np.testing.assert_allclose(
        reduced.forward(golden.unseen.x), network.forward(golden.unseen.x), atol=1e-9
    )
    hidden = reduced.layers[0].forward(golden.search.x)
    np.testing.assert_allclose(hidden.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(hidden.T), np.eye(20) * hidden[:, 0].var(), atol=1e-2)


def test_networks_without_linear_hidden_layers_stay_as_they_are(case):
    network, golden = case
    assert linear_layers_reduced(network, golden.search.x) is network


def test_constant_inputs_and_single_layers_are_no_trouble():
    random = np.random.default_rng(0)
    layers = [dense(units, "linear", random.normal(size=(inputs, units)), np.zeros(units))
              for inputs, units in ((4, 5), (5, 3))]
    network = dense_chain("n", 4, tuple(layers))
    x = np.ones((10, 4))
    assert linear_layers_reduced(network, x) is network
    assert [pruned.layers[0].units for pruned in pruning_path(network, x)] == [4, 3, 2, 1]
    single = dense_chain("n", 5, (layers[1],))
    assert list(pruning_path(single, random.normal(size=(10, 5)))) == []
