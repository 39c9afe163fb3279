"""Random networks: reproducible, varied, and not dead."""

import numpy as np
import pytest

from build_decoder.quant.activations.linear import Linear
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear
from build_decoder.quant.activations.relu import Relu
from build_decoder.sim.random_networks import random_frames, random_network

NETWORKS = [random_network(np.random.default_rng([5, number])) for number in range(80)]
LAYERS = [layer for network in NETWORKS for layer in network.model.layers]
FOLDED = [
    (layer, folding)
    for network in NETWORKS
    for layer, folding in zip(network.model.layers, network.foldings, strict=True)
]


def test_a_seed_gives_one_network():
    again = random_network(np.random.default_rng([5, 3]))
    assert str(again) == str(NETWORKS[3])
    assert again.model.fingerprint() == NETWORKS[3].model.fingerprint()
    assert len({network.model.fingerprint() for network in NETWORKS}) == len(NETWORKS)


def test_layers_and_widths():
    assert {len(network.model.layers) for network in NETWORKS} == {1, 2, 3, 4}
    widths = {layer.units for layer in LAYERS} | {layer.input_count for layer in LAYERS}
    assert (min(widths), max(widths)) == (1, 40)


@pytest.mark.parametrize("activation", [Linear, Relu, PiecewiseLinear])
def test_every_activation(activation):
    assert any(isinstance(layer.activation, activation) for layer in LAYERS)


@pytest.mark.parametrize("node", ["input", "weight", "accumulator", "sum", "output"])
def test_formats(node):
    formats = [getattr(layer, node) for layer in LAYERS]
    assert {format.signed for format in formats} == {True, False}
    assert any(format.width <= 2 for format in formats)
    assert any(format.integer <= 0 for format in formats)
    assert any(format.fraction < 0 for format in formats)


def test_weights_at_their_extremes():
    def some(check):
        return any(check(layer.weights, layer.weight) for layer in LAYERS if layer.units > 3)

    assert some(lambda weights, format: (weights == format.max_raw).all())
    assert some(lambda weights, format: (weights == format.min_raw).all())
    assert some(lambda weights, format: (weights[:, 0] != weights[:, 1]).all())


def test_products_are_selected_too():
    units = [units for network in NETWORKS for units in network.multipliers if units.select]
    assert any(other.blocks or other.lut for other in units)
    assert any(not (other.blocks or other.lut) for other in units)


def test_foldings_from_one_by_one_to_unrolled():
    whole = [(layer.input_count, layer.units) for layer, _ in FOLDED]
    parts = [(folding.inputs_per_cycle, folding.outputs_per_cycle) for _, folding in FOLDED]
    large = [part for part, size in zip(parts, whole, strict=True) if min(size) >= 4]
    assert (1, 1) in large
    assert any(part == size for part, size in zip(parts, whole, strict=True) if min(size) >= 4)
    assert all(np.less_equal(part, size).all() for part, size in zip(parts, whole, strict=True))


def test_most_networks_pass_on_what_they_are_given():
    alive = 0
    for number, network in enumerate(NETWORKS):
        x = random_frames(np.random.default_rng(number), network.model, 24)
        alive += np.ptp(network.model.compute(x), axis=0).max() > 0
    assert alive > 0.75 * len(NETWORKS)


def test_frames_begin_with_extremes():
    model = NETWORKS[0].model
    x = random_frames(np.random.default_rng(0), model, 30)
    low, high = model.input_format.min_raw, model.input_format.max_raw
    assert x.shape == (30, model.input_count)
    assert (x[0] == high).all()
    assert (x[1] == low).all()
    assert x.min() >= low
    assert x.max() <= high
    assert len(np.unique(x)) > 2
    assert random_frames(np.random.default_rng(0), model, 2).shape == (2, model.input_count)
