"""What a network is, what it computes, and what it refuses."""

import numpy as np
import pytest

from build_decoder.models import Input, InputError, Network, Node
from build_decoder.models.layer import Mismatch
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.walk import Walk
from tests.architectures import branched, chain, random_inputs, random_network, random_weights
from tests.networks import dense, dense_chain


def counting(inputs: int, units: int, activation: str = "linear"):
    weights = np.arange(inputs * units, dtype=np.float64).reshape(inputs, units)
    return dense(units, activation, weights, np.ones(units))


def test_forward_by_hand():
    network = dense_chain("two", 2, (counting(2, 3, "relu"), counting(3, 1)))
    x = np.array([[1, -1], [2, 1]])
    # layer 1: x @ [[0, 1, 2], [3, 4, 5]] + 1, rectified; layer 2: h @ [0, 1, 2] + 1
    np.testing.assert_array_equal(network.forward(x), [[1.0], [7 + 2 * 10 + 1.0]])
    assert network.forward(x).dtype == np.float64


def test_a_dense_chain_computes_what_numpy_does_bit_for_bit():
    random = np.random.default_rng(0)
    w1, w2 = random.normal(size=(40, 9)), random.normal(size=(9, 3))
    b1, b2 = random.normal(size=9), random.normal(size=3)
    x = random.normal(size=(50, 40))
    network = dense_chain("two", 40, (dense(9, "tanh", w1, b1), dense(3, "linear", w2, b2)))
    np.testing.assert_array_equal(network.forward(x), np.tanh(x @ w1 + b1) @ w2 + b2)


def test_values_are_those_of_every_input_and_node():
    network = random_network(branched())
    x = random_inputs(network)
    values = network.values(x)
    assert list(values) == [*x, *(node.name for node in network.nodes)]
    for name, array in values.items():
        assert array.shape == (3, *network.shapes[name])
        assert array.dtype == np.float64
    for node in network.nodes:
        np.testing.assert_array_equal(
            values[node.name], node.run([values[name] for name in node.inputs])
        )
    np.testing.assert_array_equal(network.forward(x), values["softmax"])


def test_sizes():
    network = dense_chain("two", 4, (counting(4, 3), counting(3, 2)))
    assert network.topology == "4-3-2"
    assert (network.input_count, network.output_count) == (4, 2)
    assert network.output_shape == (2,)
    images = chain("images", (5, 1, 4), Conv2d(2, (3, 1), "relu"), Flatten(), Dense(3, "linear"))
    assert images.topology == "5x1x4-5x1x2-10-3"
    assert images.input_count == 20
    assert branched().topology == "5x7x2-...-3 (12 layers)"
    assert branched().input_count == 5 * 7 * 2 + 6 * 4


def test_samples_come_flat_or_in_their_shape():
    network = random_network(chain("c", (5, 1, 4), Conv2d(2, (3, 1), "relu")))
    x = np.random.default_rng(0).normal(size=(6, 5, 1, 4))
    wanted = network.forward(x)
    assert wanted.shape == (6, 10)
    np.testing.assert_array_equal(network.forward(x.reshape(6, 20)), wanted)
    np.testing.assert_array_equal(network.forward({"x": x.reshape(6, 20)}), wanted)
    np.testing.assert_array_equal(network.values(x)["layer1"].reshape(6, 10), wanted)
    assert network.forward(x[:0]).shape == (0, 10)


def test_several_inputs_come_by_name_or_one_after_the_other():
    network = random_network(branched())
    x = random_inputs(network)
    flat = np.hstack([array.reshape(len(array), -1) for array in x.values()])
    np.testing.assert_array_equal(network.forward(flat), network.forward(x))


def test_samples_with_several_axes_are_run_in_parts(monkeypatch: pytest.MonkeyPatch):
    network = random_network(branched())
    x = random_inputs(network, samples=7)
    whole = network.forward(x)
    monkeypatch.setattr("build_decoder.models.network._PART", 5 * 7 * 3 * 2)
    seen = []

    def step(node: Node, tensors):
        seen.append(len(tensors[0]))
        return node.run(tensors)

    np.testing.assert_allclose(network.forward(x, step=step), whole, rtol=1e-12)
    assert set(seen) == {2, 1}


def repeated(walk: Walk, shape=(2, 3, 1), again=(3, 2, 1)) -> Network:
    inputs = (Input("x", shape), Input("again", again, of="x", walk=walk))
    flats = [Node("flat", ("again",), Flatten(), {}), Node("given", ("x",), Flatten(), {})]
    return Network("repeated", inputs, (*flats, Node("y", ("flat", "given"), Concat(), {})))


def test_an_input_in_another_order():
    network = repeated(Walk(((3, 1), (2, 3))))
    x = np.arange(12.0).reshape(2, 2, 3, 1)
    wanted = x.transpose(0, 2, 1, 3)
    np.testing.assert_array_equal(network.values(x)["again"], wanted)
    np.testing.assert_array_equal(network.forward(x.reshape(2, 6))[:, :6], wanted.reshape(2, 6))
    assert network.input_count == 6


def test_a_walk_beside_the_sample_takes_zeros():
    network = repeated(Walk(((6, -2),), start=6))
    x = np.arange(1.0, 7.0).reshape(1, 2, 3, 1)
    values = network.values(x)["again"].reshape(-1)
    np.testing.assert_array_equal(values, [0, 5, 3, 1, 0, 0])


def test_the_grain_follows_from_the_axes_where_it_is_not_said():
    assert Input("x", (4,)).grain == "value"
    assert Input("x", (6, 4)).grain == "sample"
    assert Input("x", (6, 4), "value").grain == "value"


def test_what_a_change_reaches():
    network = branched()
    assert network.reached_from("pool") == {
        "pool", "average", "flat", "join", "drop", "dense", "softmax",
    }  # fmt: skip
    assert network.reached_from("softmax") == {"softmax"}
    assert {"series", "lstm", "last"} <= network.reached_from("series")
    assert "conv" not in network.reached_from("series")
    assert [node.name for node in network.users("pool")] == ["average", "flat"]
    assert network.users("softmax") == ()
    again = repeated(Walk(((6, 1),)))
    assert again.reached_from("x") == {"x", "again", "flat", "given", "y"}
    assert again.reached_from("again") == {"again", "flat", "y"}
    with pytest.raises(Mismatch, match="expected the name of an input or layer, got 'z'"):
        network.reached_from("z")


def test_the_activation_of_the_outputs():
    assert dense_chain("n", 2, [counting(2, 1, "tanh")]).output_activation == "tanh"
    assert random_network(branched()).output_activation == "softmax"
    images = chain("i", (3, 1, 2), Conv2d(2, (1, 1), "sigmoid"), Flatten())
    assert random_network(images).output_activation == "sigmoid"
    assert random_network(chain("l", (3, 2), Lstm(2, False))).output_activation == "linear"
    assert repeated(Walk(((6, 1),))).output_activation == "linear"


def test_chains_name_their_layers():
    weights = {"weights": np.ones((2, 2)), "bias": np.zeros(2)}
    layer = Dense(2, "relu")
    network = Network.chain("n", 2, [(layer, weights), ("own", layer, weights), (layer, weights)])
    assert [node.name for node in network.nodes] == ["layer1", "own", "layer3"]
    assert [node.inputs for node in network.nodes] == [("x",), ("layer1",), ("own",)]
    assert network.inputs == (Input("x", (2,)),)
    named = Network.chain("n", Input("counts", (2,)), [(layer, weights)])
    assert named.nodes[0].inputs == ("counts",)


def test_weights_are_float64():
    weights = {"weights": np.ones((2, 1), np.float32), "bias": [0]}
    network = Network.chain("n", 2, [(Dense(1, "linear"), weights)])
    assert {array.dtype for array in network.nodes[0].weights.values()} == {np.dtype(np.float64)}


def test_dense_layers_of_a_chain():
    network = dense_chain("two", 4, (counting(4, 3, "relu"), counting(3, 2)))
    first, last = network.layers
    assert (first.units, first.activation) == (3, "relu")
    assert (first.input_count, last.output_count) == (4, 2)
    x = np.ones((1, 4))
    np.testing.assert_array_equal(last.forward(first.forward(x)), network.forward(x))
    assert network.layers[0] is first
    other = network.with_layers((counting(4, 5, "tanh"), counting(5, 2)))
    assert other.topology == "4-5-2"
    assert [node.name for node in other.nodes] == ["layer1", "layer2"]
    with pytest.raises(InputError, match=r"expected a chain of dense layers.*got 5x7x2-\.\.\.-3"):
        _ = random_network(branched()).layers


def wrong(**changes):
    """A network whose dense layer has other arrays."""
    architecture = branched()
    weights = random_weights(architecture)
    return lambda: Network.of(architecture, {**weights, **changes})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: dense_chain("bad", 2, (counting(2, 3), counting(4, 1))),
            r"layer 'layer2': weights: expected shape \(3, 1\), got \(4, 1\)",
        ),
        (lambda: dense_chain("bad", 2, ()), "expected at least one layer, got none"),
        (wrong(dense={}), r"layer 'dense': expected arrays \['bias', 'weights'\], got \[\]"),
        (wrong(other={}), r"expected weights of its layers only, got weights of \['other'\]"),
        (
            wrong(dense={"weights": np.ones((47, 3)), "bias": np.zeros(2)}),
            r"layer 'dense': bias: expected shape \(3,\), got \(2,\)",
        ),
        (
            wrong(softmax={"weights": np.ones(2)}),
            r"layer 'softmax': expected arrays \[\], got \['weights'\]",
        ),
        (lambda: Input("x", (2,), "word"), "input 'x': expected a grain of value, sample, got 'wo"),
        (lambda: Input("x", (2,), of="y"), "input 'x': expected a walk with 'of', .* got None"),
        (lambda: repeated(Walk(((5, 1),))), "'again': expected a walk of 6 steps, got 5 steps"),
        (lambda: Walk(((0, 1),)), r"expected loops \(count from 1 up, stride\), got \(0, 1\)"),
    ],
)
def test_what_does_not_fit_is_told(make, message: str):
    with pytest.raises(ValueError, match=message):
        make()


def test_repeated_inputs_must_be_given_before():
    x, walk = Input("x", (2,)), Walk(((2, 1),))
    join = Node("y", ("x", "z"), Concat())
    with pytest.raises(Mismatch, match="input 'z': of: expected the name of an input before it"):
        Network("n", (Input("z", (2,), of="x", walk=walk), x), (join,))
    with pytest.raises(Mismatch, match="input 'z': expected no grain beside 'of', got 'sample'"):
        Input("z", (2,), "sample", of="x", walk=walk)
    with pytest.raises(Mismatch, match="input 'x': expected a layer that takes it, got none"):
        Network("n", (x, Input("z", (2,))), (Node("y", ("z",), Softmax()),))
    # Its only use may be that another repeats it.
    Network("n", (x, Input("z", (2,), of="x", walk=walk)), (Node("y", ("z",), Softmax()),))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x: {**x, "series": x["image"]},
            r"input 'series': expected shape \(samples, 6, 4\), got \(3, 5, 7, 2\)",
        ),
        (lambda x: {"image": x["image"]}, "input 'series': expected samples, got none"),
        (lambda x: {**x, "more": x["image"]}, "expected samples of 'image', 'series' only, got"),
        (lambda x: {**x, "series": x["series"][:2]}, "expected as many samples of each input"),
        (lambda x: x["image"], r"x: expected shape \(samples, 94\), got \(3, 5, 7, 2\)"),
    ],
)
def test_inputs_that_do_not_fit_are_told(change, message: str):
    network = random_network(branched())
    with pytest.raises(Mismatch, match=message):
        network.forward(change(random_inputs(network)))


def test_a_repeated_input_is_not_given():
    network = repeated(Walk(((6, 1),)))
    x = np.ones((1, 2, 3, 1))
    with pytest.raises(Mismatch, match=r"expected samples of 'x' only, got samples of \['again'\]"):
        network.forward({"x": x, "again": x})


def test_attention_is_no_dense_chain():
    network = random_network(chain("a", (6, 4), Attention(), Dense(2, "relu")))
    assert not network.is_dense_chain
    assert dense_chain("n", 2, [counting(2, 1)]).is_dense_chain
