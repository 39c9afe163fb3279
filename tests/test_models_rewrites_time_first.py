"""Time as the slow axis of images, and the images that must stay as they are."""

from dataclasses import dataclass

import numpy as np
import pytest

from build_decoder.models import Input, Network, Node
from build_decoder.models.architecture import Architecture
from build_decoder.models.layer import Layer, only_shape
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.rewrites import rewrite
from build_decoder.models.rewrites.turned_walk import turned_walk
from build_decoder.models.walk import Walk
from tests.architectures import random_network
from tests.rewritten import applied, assert_left_alone, chain, layers_of, make


def images(*trunk: Node, walk: Walk | None = None) -> Network:
    """Convolution and pool on an image and on its rows in another order, then `trunk`."""
    shape = (6, 5, 2)
    again = Input("again", shape, of="x", walk=walk or Walk(((3, 10), (2, 30), (10, 1))))
    nodes = (
        Node("a", ("x",), Conv2d(2, (3, 2), "tanh")),
        Node("b", ("again",), Conv2d(1, (2, 4), "tanh")),
        Node("both", ("a", "b"), Concat()),
        Node("pool", ("both",), MaxPool((2, 3))),
        *trunk,
    )
    return random_network(Architecture("images", (Input("x", shape), again), nodes))


def test_images_are_turned():
    network = images(Node("flat", ("pool",), Flatten()), Node("y", ("flat",), Dense(2, "linear")))
    assert applied(network) == {"time_first": "x and again (rows of y permuted)"}
    rewritten = rewrite(network).network
    assert [(item.name, item.shape, item.of) for item in rewritten.inputs] == [
        ("x", (6, 5, 2), None), ("x_by_time", (5, 6, 2), "x"), ("again", (5, 6, 2), "x"),
    ]  # fmt: skip
    assert layers_of(rewritten)[0] == ("a", ("x_by_time",), "Conv2d")
    x = np.random.default_rng(0).normal(size=(3, 60))
    before, after = network.values(x), rewritten.values(x)
    np.testing.assert_array_equal(after["x"], before["x"])
    for name in ("again", "a", "b", "both", "pool"):
        turned = before[name].swapaxes(1, 2)
        np.testing.assert_allclose(after[name], turned, rtol=1e-12, atol=1e-12, err_msg=name)


def test_means_of_windows_are_turned():
    network = images(
        Node("mean", ("pool",), AveragePool((3, 1))),
        Node("flat", ("mean",), Flatten()),
        Node("y", ("flat",), Dense(2, "linear")),
    )
    assert applied(network) == {"time_first": "x and again"}
    assert rewrite(network).network.nodes[4].layer == AveragePool((1, 3))
    alone = chain((2, 6, 1), AveragePool((1, 3)), Flatten(), Dense(2, "linear"))
    assert applied(alone) == {"time_first": "x (rows of c permuted)"}


def test_rows_are_permuted_wherever_the_values_go():
    network = images(
        Node("flat", ("pool",), Flatten()),
        Node("norm", ("flat",), Affine()),
        Node("soft", ("norm",), Softmax()),
        Node("own", ("pool",), Flatten()),
        Node("average", ("pool",), GlobalAveragePool()),
        Node("all", ("own", "average", "soft", "own"), Concat()),
        Node("y", ("all",), Dense(2, "linear")),
        Node("w", ("own",), Dense(2, "linear")),
        Node("end", ("y", "w"), Concat()),
    )
    assert applied(network) == {"time_first": "x and again (rows of y and w permuted)"}


def test_nothing_is_permuted_where_the_order_stays():
    pool = Node("small", ("pool",), MaxPool((3, 1)))
    network = images(pool, Node("flat", ("small",), Flatten()), Node("y", ("flat",), Softmax()))
    assert network.shapes["small"] == (1, 2, 3)
    assert applied(network, probabilities=True) == {"time_first": "x and again"}


@dataclass(frozen=True)
class Unknown(Layer):
    """A type of layer that no rewrite knows."""

    def output_shape(self, shapes):
        return only_shape(shapes)

    def forward(self, tensors, weights):
        return np.cumsum(tensors[0], axis=1)


FLAT = (Node("flat", ("pool",), Flatten()), Node("y", ("flat",), Dense(2, "linear")))
WINDOW = Conv2d(2, (3, 2), "tanh")


@pytest.mark.parametrize(
    "network",
    [
        chain((5, 1, 2), Conv2d(2, (3, 1), "relu"), Flatten(), Dense(2, "linear")),  # by time
        chain((5, 4, 2), Flatten(), Dense(2, "linear")),  # no window
        chain((5, 4, 2), Conv2d(2, (1, 1), "relu"), Flatten(), Dense(2, "linear")),
        chain((5, 4, 2), WINDOW),  # its outputs would come in another order
        chain((5, 4, 2), WINDOW, Flatten()),
        chain((5, 4, 2), WINDOW, Flatten(), Unknown(), Dense(2, "linear")),
        chain((5, 4, 2), WINDOW, Unknown(), Flatten(), Dense(2, "linear")),
        # Loops of an order that cannot be cut at the ends of rows.
        images(*FLAT, walk=Walk(((4, 15), (15, 1)))),
        images(*FLAT, walk=Walk(((2, 1), (2, 30), (15, 2)))),
    ],
)  # fmt: skip
def test_images_that_must_stay(network: Network):
    assert_left_alone(network)


def test_images_that_do_not_meet_are_turned_each_for_itself():
    network = make(
        Node("a", ("x",), WINDOW),
        Node("b", ("z",), WINDOW),
        Node("c", ("z",), Unknown()),
        Node("flat_a", ("a",), Flatten()),
        Node("flat_b", ("b",), Flatten()),
        Node("flat_c", ("c",), Flatten()),
        Node("all", ("flat_a", "flat_b", "flat_c"), Concat()),
        Node("y", ("all",), Dense(2, "linear")),
        x=(5, 4, 2),
        z=(5, 4, 2),
    )
    assert applied(network) == {"time_first": "x (rows of y permuted)"}


@pytest.mark.parametrize(
    ("shape", "walk"),
    [
        ((4, 3, 2), None),
        ((1, 3, 2), None),
        ((4, 3, 2), Walk(((24, -1),), 23)),
        ((4, 3, 2), Walk(((2, 6), (2, 12), (6, 1)))),
        ((4, 3, 2), Walk(((2, 6), (1, 5), (2, 12), (3, 2), (2, 1)))),
        ((1, 1, 1), None),
    ],
)
def test_turned_walks(shape, walk: Walk | None):
    own = Walk(((int(np.prod(shape)), 1),)) if walk is None else walk
    x = np.arange(1.0, np.prod(shape) + 1)[None]
    turned = turned_walk(shape, walk)
    wanted = own.of(x).reshape(shape).swapaxes(0, 1).reshape(1, -1)
    np.testing.assert_array_equal(turned.of(x), wanted)
    assert len(turned.loops) <= 4


def test_turned_walks_have_no_loop_too_many():
    assert turned_walk((56, 100, 1)) == Walk(((100, 1), (56, 100)))
    assert turned_walk((1, 100, 4)) == Walk(((400, 1),))
    assert turned_walk((1, 1, 1)) == Walk(((1, 1),))


@pytest.mark.parametrize(
    ("shape", "loops"),
    [
        ((4, 3, 2), ((3, 8), (8, 1))),
        ((4, 3, 2), ((4, 6), (2, 3), (3, 1))),
        # Each loop of the walk counts, in files and in hardware.
        ((8, 9, 2), ((2, 3), (2, 50), (6, 20), (3, 7), (2, 11))),
    ],
)
def test_walks_that_cannot_be_turned(shape, loops):
    assert turned_walk(shape, Walk(loops)) is None
