"""What each rewrite does, and what it must leave alone."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from build_decoder.models import Input, Kind, Network, Node, Task, load_network, zoo_names
from build_decoder.models.architecture import Architecture
from build_decoder.models.layer import Layer, only_shape
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.rewrites import REWRITES, Applied, rewrite
from build_decoder.models.rewrites.turned_walk import turned_walk
from build_decoder.models.walk import Walk
from tests.architectures import random_network


def make(*nodes: Node, weights=None, task: Task | None = None, **inputs) -> Network:
    """A network of `nodes` on `inputs` (shapes by name) with random weights, or `weights`."""
    given = tuple(Input(name, shape) for name, shape in inputs.items())
    network = random_network(Architecture("made", given, nodes))
    for name, arrays in (weights or {}).items():
        network = replace(
            network,
            nodes=tuple(
                replace(node, weights={**node.weights, **arrays}) if node.name == name else node
                for node in network.nodes
            ),
        )
    return replace(network, task=task)


def chain(shape: tuple[int, ...], *layers: Layer, weights=None, task=None) -> Network:
    """Layers a, b, c and so on, one after the other, on the input x."""
    names = ["x", *"abcdefgh"]
    nodes = (Node(names[n + 1], (names[n],), layer) for n, layer in enumerate(layers))
    return make(*nodes, weights=weights, task=task, x=shape)


def layers_of(network: Network) -> list[tuple[str, tuple[str, ...], str]]:
    return [(node.name, node.inputs, type(node.layer).__name__) for node in network.nodes]


def assert_same(network: Network, rewritten: Network) -> None:
    x = np.random.default_rng(3).normal(size=(5, network.input_count))
    wanted = network.forward(x)
    assert np.abs(rewritten.forward(x) - wanted).max() <= 1e-9 * np.abs(wanted).max()


def applied(network: Network, **options) -> dict[str, str]:
    """Notes behind the colon, by name of the rewrite; outputs are compared where they stay."""
    rewritten = rewrite(network, **options)
    if rewritten.keeps_outputs:
        assert_same(network, rewritten.network)
    return {each.name: each.note.split(": ", 1)[1] for each in rewritten.applied}


def assert_left_alone(network: Network, **options) -> None:
    rewritten = rewrite(network, **options)
    assert rewritten.network is network
    assert rewritten.applied == ()
    assert rewritten.keeps_outputs


NONE = np.zeros(2)
AFFINE_2 = {"scale": np.array([0.5, 2.0]), "shift": np.array([1.0, -3.0])}
NO_SHIFT = {**AFFINE_2, "shift": NONE}
NEGATIVE = {"scale": np.array([0.5, -2.0]), "shift": NONE}


def test_order():
    names = [each.name for each in REWRITES]
    assert names.index("identity") < names.index("affine") < names.index("average")
    assert names.index("bidirectional") < names.index("affine")
    assert len({*names}) == len(names)


@pytest.mark.parametrize("name", zoo_names())
def test_networks_of_the_zoo_stay_themselves(name: str):
    assert_left_alone(load_network(name))


def test_dense_layers_are_not_merged():
    assert_left_alone(chain((4,), Dense(3, "linear"), Dense(2, "linear")))


def test_a_rewrite_is_applied_once_however_many_places_it_has():
    network = chain((4,), Dropout(0.5), Dense(3, "relu"), Dropout(0.2), Dense(2, "linear"))
    rewritten = rewrite(network)
    assert rewritten.applied == (
        Applied("identity", "layers that hand their values on left out: a, c"),
    )
    assert rewritten.keeps_outputs
    assert layers_of(rewritten.network) == [("b", ("x",), "Dense"), ("d", ("b",), "Dense")]


# Layers that hand their values on


def test_layers_that_hand_on():
    one = {"scale": np.ones(2), "shift": NONE}
    network = chain(
        (3, 1, 2), Dropout(0.1), MaxPool((1, 1)), Affine(), Flatten(), Flatten(), Dense(2, "relu"),
        Dropout(0.3), weights={"c": one},
    )  # fmt: skip
    assert applied(network) == {"identity": "a, b, c, e, g"}
    assert layers_of(rewrite(network).network) == [("d", ("x",), "Flatten"), ("f", ("d",), "Dense")]


def test_layers_behind_one_that_is_left_out_take_what_it_took():
    network = make(
        Node("drop", ("x",), Dropout(0.5)),
        Node("both", ("drop", "x", "drop"), Concat()),
        Node("y", ("both",), Dense(2, "linear")),
        x=(3,),
    )
    assert applied(network) == {"identity": "drop"}
    assert rewrite(network).network.nodes[0].inputs == ("x", "x", "x")


@pytest.mark.parametrize(
    "network",
    [
        chain((4,), Dropout(0.5)),  # there must be a layer
        chain((2, 2, 1), Flatten()),
        chain((2, 1, 1), MaxPool((2, 1))),
        chain((2, 2), Affine(), Attention(), weights={"a": {**AFFINE_2, "shift": NONE}}),
        chain((2, 2), Affine(), Attention(), weights={"a": {"scale": np.ones(2)}}),
    ],
)
def test_what_does_more_is_not_left_out(network: Network):
    assert_left_alone(network)


# Factors and terms


@pytest.mark.parametrize(
    ("network", "where"),
    [
        (chain((3,), Dense(2, "linear"), Affine(), Softmax()), "b into a"),
        (chain((3, 2, 1), Conv2d(2, (2, 3), "linear"), Affine()), "b into a"),
        (chain((3,), Affine(), Dense(2, "relu")), "a into b"),
        (chain((3, 2, 2), Affine(), Conv2d(2, (1, 1), "relu")), "a into b"),
        (
            chain((3, 1, 2), Affine(), Conv2d(2, (2, 3), "relu"), weights={"a": NO_SHIFT}),
            "a into b",
        ),
        (chain((3, 2), Affine(), Gru(2, True)), "a into b"),
        (chain((3, 2), Affine(), Lstm(2, False, True)), "a into b"),
        (chain((2, 2), Affine(), Affine(), Attention()), "a into b"),
        (chain((2, 2), Affine(), Flatten(), Dense(2, "relu")), "a into c"),
        (chain((2, 1, 2), Affine(), GlobalAveragePool(), Dense(2, "tanh")), "a into c"),
        (
            chain(
                (3, 1, 2), Affine(), MaxPool((2, 1)), Flatten(), Dense(2, "tanh"),
                weights={"a": AFFINE_2},
            ),
            "a into d",
        ),
    ],
)  # fmt: skip
def test_factors_and_terms_become_weights(network: Network, where: str):
    assert applied(network, probabilities=True) == {"affine": where}
    rewritten = rewrite(network, probabilities=True).network
    assert len(rewritten.nodes) == len(network.nodes) - 1


def test_factors_and_terms_by_hand():
    dense = {"weights": np.array([[1.0, 10.0], [100.0, 1000.0]]), "bias": np.array([5.0, 6.0])}
    behind = chain((2,), Affine(), Dense(2, "relu"), weights={"a": AFFINE_2, "b": dense})
    (node,) = rewrite(behind).network.nodes
    np.testing.assert_array_equal(node.weights["weights"], [[0.5, 5.0], [200.0, 2000.0]])
    np.testing.assert_array_equal(node.weights["bias"], [1 - 300 + 5, 10 - 3000 + 6])
    before = chain((2,), Dense(2, "linear"), Affine(), weights={"a": dense, "b": AFFINE_2})
    (node,) = rewrite(before).network.nodes
    np.testing.assert_array_equal(node.weights["weights"], [[0.5, 20.0], [50.0, 2000.0]])
    np.testing.assert_array_equal(node.weights["bias"], [5 * 0.5 + 1, 6 * 2 - 3])


def test_all_that_take_scaled_values_take_up_the_factors():
    network = make(
        Node("norm", ("x",), Affine()),
        Node("a", ("norm",), Dense(2, "relu")),
        Node("joined", ("z", "norm", "a", "norm"), Concat()),
        Node("other", ("z",), Affine()),
        Node("y", ("joined",), Dense(2, "tanh")),
        Node("w", ("joined",), Dense(2, "tanh")),
        Node("end", ("y", "w", "other"), Concat()),
        x=(3,),
        z=(2,),
    )
    # What nothing multiplies stays.
    assert applied(network) == {"affine": "norm into a and y and w"}
    assert "other" in [node.name for node in rewrite(network).network.nodes]


@pytest.mark.parametrize(
    "network",
    [
        # Around an image there are zeros, which have no term.
        chain((3, 2, 2), Affine(), Conv2d(2, (1, 2), "relu")),
        chain((3, 1, 2), Conv2d(2, (2, 1), "relu"), Affine(), Conv2d(2, (2, 1), "relu")),
        # Behind the activation or before what is no product.
        chain((3,), Dense(2, "relu"), Affine()),
        chain((2, 2), Affine(), Attention()),
        chain((2, 2), Affine(), Softmax()),
        # A negative factor makes the largest value the smallest one.
        chain(
            (2, 1, 2), Affine(), MaxPool((2, 1)), Conv2d(2, (1, 1), "relu"),
            weights={"a": NEGATIVE},
        ),
        # Somebody else takes the values as they are, or they are outputs.
        make(
            Node("a", ("x",), Dense(2, "linear")),
            Node("norm", ("a",), Affine()),
            Node("y", ("a", "norm"), Concat()),
            x=(3,),
        ),
        make(
            Node("norm", ("x",), Affine()),
            Node("a", ("norm",), Dense(2, "relu")),
            Node("y", ("norm", "a"), Concat()),
            x=(3,),
        ),
        # Products beyond what a weight may be.
        chain((1,), Affine(), Dense(1, "relu"), weights={
            "a": {"scale": np.array([1e20])}, "b": {"weights": np.array([[1e20]])},
        }),
        chain((1,), Dense(1, "linear"), Affine(), weights={
            "a": {"bias": np.array([1e20])}, "b": {"scale": np.array([1e20])},
        }),
    ],
)  # fmt: skip
def test_factors_and_terms_that_must_stay(network: Network):
    assert_left_alone(network, probabilities=True)


# Bidirectional layers


@pytest.mark.parametrize("sequences", [False, True])
def test_bidirectional_layers_are_split_bit_for_bit(sequences: bool):
    network = make(
        Node("both_forward", ("x",), Gru(2, True)),
        Node("both", ("both_forward",), Bidirectional(Lstm(3, sequences))),
        Node("y", ("both",), Dense(2, "linear") if not sequences else Attention()),
        x=(4, 2),
    )
    rewritten = rewrite(network).network
    assert layers_of(rewritten)[1:4] == [
        ("both_forward_2", ("both_forward",), "Lstm"),
        ("both_backward", ("both_forward",), "Lstm"),
        ("both", ("both_forward_2", "both_backward"), "Concat"),
    ]
    assert [node.layer.backward for node in rewritten.nodes[1:3]] == [False, True]
    assert applied(network) == {"bidirectional": "both"}
    x = np.random.default_rng(0).normal(size=(3, 8))
    np.testing.assert_array_equal(rewritten.forward(x), network.forward(x))


def test_names_of_split_layers_are_not_too_long():
    name = "n" * 64
    network = make(Node(name, ("x",), Bidirectional(Gru(2, False))), x=(3, 2))
    names = [node.name for node in rewrite(network).network.nodes]
    assert names == ["n" * 56 + "_forward", "n" * 55 + "_backward", name]


def test_a_layer_that_runs_one_way_stays():
    assert_left_alone(chain((3, 2), Gru(2, True, backward=True), Lstm(2, False)))


# Global average


def test_linear_layers_are_moved_behind_the_average():
    network = chain(
        (3, 2, 4), Conv2d(2, (1, 1), "relu"), Conv2d(3, (1, 1), "linear"),
        Conv2d(2, (1, 1), "linear"), GlobalAveragePool(), Dense(2, "tanh"),
    )  # fmt: skip
    assert applied(network) == {"average": "c, b"}
    assert layers_of(rewrite(network).network) == [
        ("a", ("x",), "Conv2d"),
        ("d", ("a",), "GlobalAveragePool"),
        ("b", ("d",), "Dense"),
        ("c", ("b",), "Dense"),
        ("e", ("c",), "Dense"),
    ]


def test_factors_are_moved_behind_the_average():
    network = chain((3, 2, 4), Conv2d(2, (1, 1), "relu"), Affine(), GlobalAveragePool())
    assert applied(network) == {"average": "b"}
    assert [node.name for node in rewrite(network).network.nodes] == ["a", "c", "b"]


@pytest.mark.parametrize(
    "network",
    [
        chain((3, 1, 2), Conv2d(2, (1, 1), "relu"), GlobalAveragePool()),
        chain((3, 1, 2), Conv2d(2, (2, 1), "linear"), GlobalAveragePool()),
        chain((3, 1, 2), MaxPool((2, 1)), GlobalAveragePool()),
        chain((3, 1, 2), GlobalAveragePool(), Dense(2, "linear")),
        make(
            Node("a", ("x",), Conv2d(2, (1, 1), "linear")),
            Node("b", ("a",), Flatten()),
            Node("c", ("a",), GlobalAveragePool()),
            Node("y", ("b", "c"), Concat()),
            x=(3, 1, 2),
        ),
    ],
)
def test_what_must_stay_before_the_average(network: Network):
    assert_left_alone(network)


# Softmax


def test_the_softmax_is_left_to_the_host():
    network = chain((3,), Dense(3, "relu"), Softmax())
    rewritten = rewrite(network)
    assert layers_of(rewritten.network) == [("a", ("x",), "Dense")]
    assert not rewritten.keeps_outputs
    (only,) = rewritten.applied
    assert (only.name, "outputs are logits" in only.note) == ("softmax", True)
    classes = replace(network, task=Task((Kind.CLASSES,)))
    assert not rewrite(classes).keeps_outputs
    assert rewrite(classes).network.task == classes.task
    assert_left_alone(network, probabilities=True)


@pytest.mark.parametrize(
    "network",
    [
        chain((3,), Softmax()),  # there must be a layer
        chain((3,), Softmax(), Dense(2, "linear")),
        chain((3,), Dense(1, "linear"), Softmax()),  # always 1
        chain((3, 2), Lstm(2, True), Softmax()),  # a softmax for each step
        chain((3,), Dense(2, "relu"), Softmax(), task=Task((Kind.LABELS,), (0.5, 0.5))),
        chain((3,), Dense(2, "relu"), Softmax(), task=Task((Kind.REGRESSION,))),
        chain((3,), Dense(2, "relu"), Softmax(), task=Task((Kind.CLASSES, Kind.REGRESSION))),
    ],
)
def test_a_softmax_that_must_stay(network: Network):
    assert_left_alone(network)


# Time as the slow axis


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
