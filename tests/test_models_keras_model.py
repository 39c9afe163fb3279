import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, activations, load_network, save_network
from build_decoder.models.architecture import Architecture, Input, Node
from build_decoder.models.layer import Mismatch
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.resources import resources
from build_decoder.models.walk import Walk
from tests.architectures import branched, chain, random_inputs
from tests.sweeps import swept_cases
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

# Keras 3.15 itself uses numpy in a way that numpy 2 deprecates.
pytestmark = [
    needs_tensorflow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def keras():
    return import_keras()


@pytest.fixture(scope="module")
def keras_model(keras):
    from build_decoder.models import keras_model

    return keras_model


def randomised(keras_model, architecture: Architecture):
    model = keras_model.build_model(architecture)
    rng = np.random.default_rng(4)
    model.set_weights([rng.normal(0, 0.5, array.shape) for array in model.get_weights()])
    return model


def predict(model, x):
    return model.predict(list(x.values()) if len(x) > 1 else next(iter(x.values())), verbose=0)


def assert_equivalent(keras_model, architecture: Architecture) -> None:
    model = randomised(keras_model, architecture)
    x = random_inputs(architecture)
    assert model.count_params() == resources(architecture).weights
    assert model.output_shape[1:] == architecture.output_shape
    network = keras_model.trained_network(architecture, model)
    actual = network.values(x)[architecture.nodes[-1].name]
    np.testing.assert_allclose(actual, predict(model, x), rtol=0, atol=1e-5)


def test_branches(keras_model):
    assert_equivalent(keras_model, branched())


@pytest.mark.parametrize(
    "built",
    [
        Conv2d(3, (1, 1), "linear"),
        Conv2d(2, (8, 8), "relu"),
        Conv2d(2, (9, 4), "tanh"),
        MaxPool((2, 2)),
        MaxPool((3, 2)),
        MaxPool((4, 5)),
        MaxPool((7, 9)),
    ],
)
def test_windows(keras_model, built):
    assert_equivalent(keras_model, chain("windows", (5, 7, 2), built))


@pytest.mark.parametrize(
    ("sequences", "cell", "way"),
    swept_cases(product([False, True], [Gru, Lstm], ["forward", "backward", "both"]), 5),
)
def test_recurrent(keras_model, sequences: bool, cell, way: str):
    layer = cell(3, sequences, backward=way == "backward")
    layer = Bidirectional(layer) if way == "both" else layer
    assert_equivalent(keras_model, chain("recurrent", (6, 4), layer))


def test_attention(keras_model):
    assert_equivalent(keras_model, chain("attention", (6, 4), Attention()))


def test_affine(keras_model):
    assert_equivalent(keras_model, chain("affine", (6, 4), Affine()))


def test_concat_keeps_the_order(keras_model):
    inputs = (Input("b", (2,)), Input("a", (3,)))
    join = Node("join", ("a", "b", "a"), Concat())
    assert_equivalent(keras_model, Architecture("join", inputs, (join,)))


@pytest.mark.parametrize("name", [name for name in activations.names() if name != "gaussian"])
def test_activations(keras_model, name: str):
    assert_equivalent(keras_model, chain("dense", (4,), Dense(3, name)))


def test_activation_that_keras_has_not(keras_model):
    with pytest.raises(Mismatch, match="layer 'layer1': expected an activation.*got 'gaussian'"):
        keras_model.build_model(chain("dense", (4,), Dense(3, "gaussian")))


def test_save_and_load(keras_model, tmp_path: Path):
    architecture = branched()
    model = randomised(keras_model, architecture)
    save_network(keras_model.trained_network(architecture, model), tmp_path)
    network = load_network(tmp_path)
    again = keras_model.build_model(network)
    keras_model.set_model_weights(network, again, network.weights)
    x = random_inputs(architecture)
    np.testing.assert_array_equal(predict(again, x), predict(model, x))


def test_an_input_that_repeats_another_is_given_to_keras(keras_model):
    walk = Walk(((3, 1), (2, 3)))
    inputs = (Input("a", (2, 3)), Input("b", (3, 2), of="a", walk=walk))
    nodes = (
        Node("fa", ("a",), Flatten()), Node("fb", ("b",), Flatten()),
        Node("join", ("fa", "fb"), Concat()), Node("dense", ("join",), Dense(2, "tanh")),
    )  # fmt: skip
    architecture = Architecture("repeated", inputs, nodes)
    model = randomised(keras_model, architecture)
    network = keras_model.trained_network(architecture, model)
    x = np.random.default_rng(0).normal(size=(4, 2, 3))
    given = {"a": x, "b": x.transpose(0, 2, 1)}
    np.testing.assert_allclose(network.forward(x), predict(model, given), rtol=0, atol=1e-5)


def test_keras_file(keras, keras_model, tmp_path: Path):
    architecture = branched()
    model = randomised(keras_model, architecture)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = random_inputs(architecture)
    np.testing.assert_array_equal(predict(again, x), predict(model, x))


def test_attention_of_escape_rnn_has_132_weights(keras_model):
    network = chain("attention", (100, 32), Attention())
    assert keras_model.build_model(network).count_params() == 132


def test_model_of_another_architecture(keras_model):
    model = keras_model.build_model(chain("a", (4,), Dense(3, "relu")))
    with pytest.raises(Mismatch, match="layer 'layer1': expected arrays of shapes"):
        keras_model.trained_network(chain("a", (4,), Dense(2, "relu")), model)
    wanted = chain("a", (4,), Dense(3, "relu"), Dense(3, "relu"))
    with pytest.raises(Mismatch, match="layer 'layer2': expected a layer of this name"):
        keras_model.trained_network(wanted, model)


def test_batch_size(keras_model):
    model = keras_model.build_model(chain("a", (4,), Dense(3, "relu")), batch_size=1)
    assert model.input_shape == (1, 4)


@pytest.mark.parametrize(("inputs", "layer"), [(56, Lstm), (32, Lstm), (56, Gru), (32, Gru)])
def test_profiler_counts_a_step_as_the_formula_does(keras, inputs: int, layer):
    from build_decoder.models.measure import function_flops

    cell = {Lstm: keras.layers.LSTMCell, Gru: keras.layers.GRUCell}[layer](32)
    cell.build((1, inputs))
    shapes = [(1, inputs), *[(1, 32)] * layer.states]
    counted = function_flops(lambda x, *states: cell(x, list(states)), shapes)
    assert counted == layer(32, False).step_flops([(100, inputs)])
    if layer is Lstm:
        assert counted == {56: 22_912, 32: 16_768}[inputs]


def test_without_tensorflow(keras_model, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(InputError, match=r"expected TensorFlow \(pip install build_decoder\[tr"):
        keras_model.build_model(branched())
