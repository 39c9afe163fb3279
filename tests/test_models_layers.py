"""What single types of layer compute and cost; `test_layer_contracts` has what all types do."""


import numpy as np
import pytest

from build_decoder.models import Architecture, Input, Network, Node
from build_decoder.models.layer import Mismatch
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.attention_sums import AttentionSums
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.resources import resources
from tests.architectures import branched, chain, random_network


def outputs(architecture: Architecture, x, **weights) -> np.ndarray:
    """What the last layer gives; `weights` are those of the only one that has any."""
    network = Network.of(architecture, {"layer1": weights} if weights else {})
    return network.values(np.asarray(x))[network.nodes[-1].name]


def test_shapes():
    shapes = branched().shapes
    assert shapes["pool"] == (3, 4, 3)
    assert shapes["flat"] == (36,)
    assert shapes["both"] == (6, 4)
    assert shapes["last"] == (4,)
    assert shapes["join"] == (3 + 36 + 4 + 4,)
    assert branched().output_shape == (3,)


def test_convolution_by_hand():
    network = chain("conv", (2, 3, 1), Conv2d(1, (2, 2), "linear"))
    weights = np.reshape([1, 10, 100, 1000], (2, 2, 1, 1))
    x = np.reshape([1, 2, 3, 4, 5, 6], (1, 2, 3, 1))
    # An even filter has the larger half of its padding below and to the right.
    expected = [[5421.5, 6532.5, 603.5], [54.5, 65.5, 6.5]]
    result = outputs(network, x, weights=weights, bias=[0.5])
    np.testing.assert_array_equal(result[0, :, :, 0], expected)


def test_pool_by_hand():
    network = chain("pool", (3, 3, 1), MaxPool((2, 2)))
    x = -np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    result = outputs(network, x)
    np.testing.assert_array_equal(result[0, :, :, 0], [[-1, -3], [-7, -9]])


def test_attention_by_hand():
    network = chain("attention", (2, 3), Attention())
    x = np.array([[[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]])
    a, b = np.exp(np.tanh([2.75, -0.5]))
    expected = (a * x[0, 0] + b * x[0, 1]) / (a + b)
    result = outputs(network, x, weights=[[1.0], [0.0], [0.5]], bias=[[0.25], [-0.5]])
    np.testing.assert_allclose(result[0], expected, rtol=1e-12)


def test_attention_sums_by_hand():
    network = chain("attention", (2, 3), AttentionSums())
    x = np.array([[[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]])
    a, b = np.exp(np.tanh([2.75, -0.5]))
    result = outputs(network, x, weights=[[1.0], [0.0], [0.5]], bias=[[0.25], [-0.5]])
    np.testing.assert_allclose(result[0], [*(a * x[0, 0] + b * x[0, 1]), a + b], rtol=1e-12)


def test_softmax_does_not_overflow():
    result = outputs(chain("s", (2,), Softmax()), [[1000.0, 0.0]])
    np.testing.assert_array_equal(result, [[1, 0]])


def test_affine_by_hand():
    x = np.arange(6.0).reshape(1, 3, 2)
    result = outputs(chain("a", (3, 2), Affine()), x, scale=[2.0, -1.0], shift=[0.5, 0.25])
    np.testing.assert_array_equal(result[0], [[0.5, -0.75], [4.5, -2.75], [8.5, -4.75]])


@pytest.mark.parametrize("cell", [Gru, Lstm])
@pytest.mark.parametrize("sequences", [False, True])
def test_backward_layers_are_forward_ones_on_time_reversed(cell, sequences: bool):
    there, back = (
        random_network(chain("r", (6, 4), cell(3, sequences, backward)))
        for backward in (False, True)
    )
    x = np.random.default_rng(0).normal(size=(2, 6, 4))
    forwards = there.values(x[:, ::-1])["layer1"]
    wanted = forwards[:, ::-1] if sequences else forwards
    np.testing.assert_array_equal(back.values(x)["layer1"], wanted)


@pytest.mark.parametrize("cell", [Gru, Lstm])
def test_recurrent_layers_carry_on_what_float32_holds(cell):
    layer = cell(3, True)
    node = random_network(chain("r", (6, 4), layer)).nodes[0]
    weights = {key: array.astype(np.float32) for key, array in node.weights.items()}
    x = np.random.default_rng(0).normal(size=(2, 6, 4)).astype(np.float32)
    state = (np.zeros((2, 3), np.float32),) * layer.states
    y = layer.forward([x], weights)
    for index in range(6):
        state = tuple(a.astype(np.float32) for a in layer.step(x[:, index], state, weights))
        np.testing.assert_array_equal(y[:, index], state[0])
    assert y.dtype == np.float32


@pytest.mark.parametrize("sequences", [False, True])
def test_bidirectional_is_both_directions_side_by_side(sequences: bool):
    both = random_network(chain("b", (6, 4), Bidirectional(Gru(3, sequences))))
    arrays = both.weights["layer1"]
    x = np.random.default_rng(0).normal(size=(2, 6, 4))
    parts = []
    for way, backward in (("forward", False), ("backward", True)):
        weights = {key: arrays[f"{way}_{key}"] for key in ("weights", "recurrent", "bias")}
        parts.append(outputs(chain("g", (6, 4), Gru(3, sequences, backward)), x, **weights))
    np.testing.assert_array_equal(both.values(x)["layer1"], np.concatenate(parts, axis=-1))


def test_costs_by_hand():
    need = resources(chain("c", (5, 7, 2), Conv2d(3, (4, 3), "relu"), MaxPool((2, 2))))
    assert need.weights == 4 * 3 * 2 * 3 + 3
    assert need.macs == 5 * 7 * 3 * 4 * 3 * 2
    assert need.flops == 2 * need.macs + 5 * 7 * 3 + 3 * 4 * 3 * 4
    need = resources(chain("g", (6, 4), Gru(2, False)))
    assert need.weights == 3 * 2 * (4 + 2 + 2)
    assert need.macs == 6 * 3 * 2 * (4 + 2)
    assert need.flops == 2 * need.macs + 6 * 14 * 2
    assert need.profiled_flops == need.flops / 6 + 2


def test_peak_values_by_hand():
    # Input 70, convolution 105, pool 36; the flattened tensor is that of the pool.
    assert resources(
        chain("c", (5, 7, 2), Conv2d(3, (4, 3), "relu"), MaxPool((2, 2)), Flatten(),
              Dense(2, "relu"))
    ).peak_values == 70 + 105
    # The second input waits while the first branch runs; both ends wait for the dense layer.
    network = Architecture(
        "n",
        (Input("a", (10,)), Input("b", (10,))),
        (
            Node("a1", ("a",), Dense(20, "relu")),
            Node("b1", ("b",), Dense(20, "relu")),
            Node("join", ("a1", "b1"), Concat()),
            Node("drop", ("join",), Dropout(0.5)),
            Node("y", ("drop",), Dense(15, "relu")),
        ),
    )
    assert resources(network).peak_values == 20 + 20 + 15
    assert resources(chain("l", (6, 4), Lstm(3, True))).peak_values == 24 + 18 + 6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(0, "relu"), "expected at least 1 unit, got 0"),
        (lambda: Dense(1, "mish"), "expected an activation of .*, got 'mish'"),
        (lambda: Conv2d(0, (1, 1), "relu"), "expected at least 1 filter, got 0"),
        (lambda: Conv2d(1, (1, 0), "relu"), "expected a kernel of rows and columns"),
        (lambda: Conv2d(1, (1, 1), "mish"), "expected an activation of .*, got 'mish'"),
        (lambda: MaxPool((0, 2)), "expected a size of rows and columns"),
        (lambda: Lstm(0, True), "expected at least 1 unit, got 0"),
        (lambda: Bidirectional(Softmax()), "expected a recurrent layer, got Softmax"),
        (
            lambda: Bidirectional(Gru(2, True, backward=True)),
            "expected a layer that runs forwards, got one that runs backwards",
        ),
        (lambda: Dropout(1.0), "expected a rate between 0 and 1, got 1.0"),
        (lambda: Architecture("a", (), ()), "expected at least one input, got none"),
        (lambda: Architecture("a", (Input("x", (1,)),), ()), "at least one layer, got none"),
        (lambda: chain("a", (0,), Softmax()), "input 'x': expected a shape of whole numbers"),
    ],
)
def test_malformed_in_python(make, message: str):
    with pytest.raises(Mismatch, match=message):
        make()
