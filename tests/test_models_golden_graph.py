"""Golden data of networks that are no chain of dense layers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, Kind, Network, load_golden
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.softmax import Softmax
from tests.architectures import branched, chain, random_inputs, random_network

SAMPLES = 60


def images(*last) -> Network:
    layers = (Conv2d(3, (3, 1), "relu"), Flatten(), Dense(3, "linear"), *last)
    return random_network(chain("images", (6, 1, 2), *layers))


def load(folder: Path, network: Network, x, y, **more):
    np.savez(folder / "golden.npz", x=x, y=y, **more)
    return load_golden(folder, network)


def test_samples_come_in_their_shape_or_flat(tmp_path: Path):
    network = images()
    x = np.random.default_rng(0).normal(size=(SAMPLES, 6, 1, 2))
    y = network.forward(x)
    for given in (x, x[:, :, 0], x.reshape(SAMPLES, 12)):
        golden = load(tmp_path, network, given, y, labels=y.argmax(axis=1))
        assert golden.x.shape == (SAMPLES, 12)
        np.testing.assert_array_equal(golden.y, y)
        assert golden.task.kinds == (Kind.CLASSES,)
    with pytest.raises(InputError, match=r"x: expected shape \(any, 12\) .*got shape \(60, 2, 6\)"):
        load(tmp_path, network, x[:, :, 0].transpose(0, 2, 1), y)
    with pytest.raises(InputError, match=r"x: expected shape \(any, 6, 1, 2\) .*got .*6, 2, 1\)"):
        load(tmp_path, network, x.transpose(0, 1, 3, 2), y)


def test_values_of_several_inputs_stand_one_after_the_other(tmp_path: Path):
    network = random_network(branched())
    x = random_inputs(network, SAMPLES)
    flat = np.hstack([array.reshape(SAMPLES, -1) for array in x.values()])
    golden = load(tmp_path, network, flat, network.forward(x))
    np.testing.assert_array_equal(network.forward(golden.x), golden.y)


def test_a_network_that_ends_in_softmax_decides_classes(tmp_path: Path):
    network = images(Softmax())
    x = np.random.default_rng(0).normal(size=(SAMPLES, 12))
    golden = load(tmp_path, network, x, network.forward(x))
    assert golden.task.kinds == (Kind.CLASSES,)
    assert golden.task.source == "it ends in softmax"


def test_a_class_that_is_never_likely_may_be_nothing_in_float32(tmp_path: Path):
    network = images(Softmax())
    nodes = list(network.nodes)
    bias = nodes[2].weights["bias"] - [0, 300, 0]
    nodes[2] = replace(nodes[2], weights={**nodes[2].weights, "bias": bias})
    network = replace(network, nodes=tuple(nodes))
    x = np.random.default_rng(0).normal(size=(SAMPLES, 12))
    y = network.forward(x).astype(np.float32)
    assert not y[:, 1].any()
    np.testing.assert_array_equal(load(tmp_path, network, x, y).y, network.forward(x))


@pytest.mark.parametrize("network", [images(), random_network(branched())], ids=lambda n: n.name)
def test_the_precision_of_float32_is_allowed_and_no_more(network: Network, tmp_path: Path):
    x = np.random.default_rng(0).normal(size=(SAMPLES, network.input_count))

    def single(node, tensors):
        weights = {key: array.astype(np.float32) for key, array in node.weights.items()}
        return node.layer.forward([t.astype(np.float32) for t in tensors], weights)

    y = network.forward(x, step=single).astype(np.float32)
    golden = load(tmp_path, network, x, y)
    np.testing.assert_array_equal(golden.y, network.forward(x))
    assert golden.notes == ()
    y[7, 1] += 0.01
    with pytest.raises(InputError, match="sample 7, output 1: expected .* which the network gives"):
        load(tmp_path, network, x, y)


def test_the_softmax_of_the_outputs_of_a_recurrent_network_is_told(tmp_path: Path):
    network = random_network(chain("r", (5, 4), Lstm(6, False), Dense(3, "linear")))
    x = np.random.default_rng(0).normal(size=(SAMPLES, 20))
    own = network.forward(x)
    powers = np.exp(own)
    golden = load(tmp_path, network, x, powers / powers.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(golden.y, own)
    with pytest.raises(InputError, match="y is the log-softmax of the outputs"):
        load(tmp_path, network, x, own - np.log(powers.sum(axis=1, keepdims=True)))
