"""What each rewrite does, and what it must leave alone."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import (
    Kind,
    Network,
    Node,
    Task,
    activations,
    load_network,
    zoo_names,
)
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.average_pool import AveragePool
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
from build_decoder.models.limits import MAX_WIDTH
from build_decoder.models.rewrites import REWRITES, Applied, rewrite
from tests.rewritten import applied, assert_left_alone, chain, layers_of, make

NONE = np.zeros(2)
AFFINE_2 = {"scale": np.array([0.5, 2.0]), "shift": np.array([1.0, -3.0])}
NO_SHIFT = {**AFFINE_2, "shift": NONE}
NEGATIVE = {"scale": np.array([0.5, -2.0]), "shift": NONE}


def test_order():
    names = [each.name for each in REWRITES]
    assert names.index("identity") < names.index("affine") < names.index("average")
    assert names.index("bidirectional") < names.index("affine")
    assert len({*names}) == len(names)


@pytest.mark.parametrize("name", [n for n in zoo_names() if not n.startswith("escape")])
def test_chains_of_the_zoo_stay_themselves(name: str):
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
    assert applied(chain((3, 1, 2), AveragePool((1, 1)), Flatten())) == {"identity": "a"}


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
        chain((2, 1, 1), AveragePool((2, 1))),
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
                (5, 1, 2), Affine(), AveragePool((2, 1)), Flatten(), Dense(2, "tanh"),
                weights={"a": NEGATIVE},
            ),
            "a into d",
        ),
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


# Division of attention


def test_dense_layers_behind_attention_decide_by_its_sums():
    weights = {"b": {"weights": np.array([[1.0, -2.0], [3.0, 4.0]]), "bias": np.array([5.0, 6.0])}}
    network = chain((4, 2), Attention(), Dense(2, "relu"), Dense(3, "linear"), weights=weights)
    assert applied(network, decision=True) == {"division": "a"}
    rewritten = rewrite(network, decision=True)
    assert not rewritten.keeps_outputs
    assert layers_of(rewritten.network) == [
        ("a", ("x",), "AttentionSums"), ("b", ("a",), "Dense"), ("c", ("b",), "Dense"),
    ]
    _, b, c = rewritten.network.nodes
    np.testing.assert_array_equal(b.weights["weights"], [[1, -2, 0], [3, 4, 0], [5, 6, 1]])
    np.testing.assert_array_equal(b.weights["bias"], [0, 0, 0])
    before = network.nodes[-1].weights
    np.testing.assert_array_equal(c.weights["weights"], [*before["weights"], before["bias"]])
    np.testing.assert_array_equal(c.weights["bias"], [0, 0, 0])
    assert_left_alone(network)
    assert_left_alone(network, probabilities=True)


@pytest.mark.parametrize(
    "network",
    [
        chain((4, 2), Attention()),  # whose means decide
        chain((4, 2), Attention(), Dense(2, "tanh"), Dense(3, "linear")),
        chain((4, 2), Attention(), Dense(2, "relu(6.0)"), Dense(3, "linear")),
        chain((4, 2), Attention(), Dense(2, "relu"), Dense(3, "sigmoid")),
        chain((4, 2), Attention(), Dense(MAX_WIDTH, "relu"), Dense(3, "linear")),
        make(  # two take the means
            Node("a", ("x",), Attention()), Node("b", ("a",), Dense(2, "relu")),
            Node("c", ("a", "b"), Concat()), Node("d", ("c",), Dense(3, "linear")), x=(4, 2),
        ),
        make(  # other values come beside the sums
            Node("a", ("x",), Attention()), Node("c", ("a", "v"), Concat()),
            Node("d", ("c",), Dense(3, "linear")), x=(4, 2), v=(3,),
        ),
    ],
)  # fmt: skip
def test_where_attention_must_divide(network: Network):
    assert_left_alone(network, decision=True)


def test_activations_that_scale():
    """What they say of themselves holds, and fails for the others."""
    x = np.linspace(-9, 9, 37)
    names = (*activations.names(), "relu(6.0)", "leaky_relu(0.5)")
    known = [activations.get(name) for name in names]
    scale = [each.name for each in known if np.allclose(each.function(3 * x), 3 * each.function(x))]
    assert scale == [each.name for each in known if each.scales]
    assert {*scale} >= {"linear", "relu", "leaky_relu", "leaky_relu(0.5)"}
