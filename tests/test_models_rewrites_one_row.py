"""Images of which one row is taken in the end, and images that keep their rows."""

import numpy as np
import pytest

from build_decoder.models import Network, Node
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.stride import Stride
from build_decoder.models.rewrites import rewrite
from build_decoder.models.rewrites.one_row import REWRITE
from tests.rewritten import applied, chain, make


def reduced(network: Network, where: str) -> Network:
    """What the rewrite makes of a network at the layer `where`: it computes the same."""
    change = REWRITE.function(network)
    assert change.where == where
    x = np.random.default_rng(4).normal(size=(5, network.input_count))
    np.testing.assert_allclose(change.network.forward(x), network.forward(x), rtol=0, atol=1e-12)
    return change.network


def behind(row: int | None, *layers, kernel=(1, 4), shape=(12, 5, 2)) -> Network:
    """Convolutions along time and over rows, and a dense layer that takes one row, or all."""
    network = chain(
        shape, Conv2d(2, (3, 1), "linear"), Conv2d(3, kernel, "elu"), *layers, Flatten(),
        Dense(2, "linear"),
    )
    *_, flat, dense = network.nodes
    weights = dense.weights["weights"].copy()
    rows = weights.reshape(*network.shapes[flat.inputs[0]], 2)
    if row is not None:
        rows[:, np.arange(rows.shape[1]) != row] = 0
    nodes = {node.name: node for node in network.nodes}
    return make(
        *network.nodes, x=shape,
        weights={name: node.weights for name, node in nodes.items()}
        | {dense.name: {**dense.weights, "weights": rows.reshape(weights.shape)}},
    )


@pytest.mark.parametrize("row", range(5))
@pytest.mark.parametrize("kernel", [(1, 4), (2, 5), (1, 9), (3, 1)])
def test_one_row_is_computed(row: int, kernel):
    """At the edges too, where a part of the kernel lies beside the image."""
    network = behind(row, AveragePool((3, 1)), Conv2d(2, (2, 1), "relu"), kernel=kernel)
    # Where no convolution goes over rows, it begins with the first one.
    rewritten = reduced(network, "a" if kernel[1] == 1 else "b")
    assert REWRITE.function(rewritten) is None
    assert rewritten.shapes["b"] == (12, 1, 3)
    assert rewritten.nodes[-1].weights["weights"].shape == (4 * 2, 2)


@pytest.mark.parametrize("layer", [MaxPool((2, 1)), Stride((5, 1)), AveragePool((4, 1))])
def test_layers_that_take_each_row_by_itself(layer):
    assert reduced(behind(2, layer), "b").shapes["c"][1] == 1


def test_behind_images_that_are_turned():
    """(contacts, time), as people have EEG."""
    network = chain(
        (5, 12, 1), Conv2d(2, (1, 3), "linear"), Conv2d(3, (5, 1), "elu"), Flatten(),
        Dense(2, "linear"),
    )
    weights = np.zeros((5, 12 * 3, 2))
    weights[2] = 1.5
    network = make(
        *network.nodes, weights={"d": {"weights": weights.reshape(-1, 2)}}, x=(5, 12, 1)
    )
    assert applied(network) == {"time_first": "x (rows of d permuted)", "one_row": "b"}
    assert rewrite(network).network.shapes["b"] == (12, 1, 3)


def test_multiplications_are_left_out():
    network = behind(1, Conv2d(2, (2, 1), "relu"))

    def macs(network: Network) -> int:
        return sum(node.layer.cost(network.input_shapes(node)).macs for node in network.nodes)

    # 12 steps of 5 rows.
    parts = (60 * 3 * 2 * 2, 60 * 4 * 2 * 3, 60 * 2 * 3 * 2, 120 * 2)
    assert macs(network) == sum(parts)
    # The kernel over 5 rows in place of 4, once a step.
    assert macs(reduced(network, "b")) == (
        parts[0] + 12 * 5 * 2 * 3 + parts[2] // 5 + parts[3] // 5
    )


@pytest.mark.parametrize(
    "network",
    [
        behind(None),
        behind(3, AveragePool((1, 2)), shape=(12, 9, 2)),  # of two rows each
        behind(1, MaxPool((2, 2))),
        behind(1, Conv2d(2, (2, 3), "relu"), MaxPool((2, 2))),
        behind(0, shape=(12, 1, 2)),
    ],
    ids=["all rows", "means of rows", "largest of rows", "kernel", "one row already"],
)
def test_images_that_keep_their_rows(network: Network):
    assert REWRITE.function(network) is None


def test_others_take_the_rows():
    first = behind(2)
    others = (
        Node("other", ("b",), Flatten()),
        Node("z", ("other",), Dense(2, "relu")),
        Node("both", ("d", "z"), Concat()),
    )
    weights = {node.name: node.weights for node in first.nodes}
    assert REWRITE.function(make(*first.nodes, *others, x=(12, 5, 2), weights=weights)) is None
