"""Operations in a functional model: what Keras saves of them, read and compared with Keras."""

from pathlib import Path

import numpy as np
import pytest

from build_decoder.models.errors import InputError
from build_decoder.models.files.keras_file.operations import as_layers
from build_decoder.models.files.load import load_network
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

pytestmark = [
    needs_tensorflow,
    # TensorFlow's own tensors meet NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

OPERATIONS = (
    lambda ops, x: ops.relu(x),
    lambda ops, x: ops.relu6(x),
    lambda ops, x: ops.leaky_relu(x, 0.01),
    lambda ops, x: ops.elu(x, 0.5),
    lambda ops, x: ops.gelu(x, approximate=False),
    lambda ops, x: ops.sigmoid(x),
    lambda ops, x: ops.silu(x),
    lambda ops, x: ops.softplus(x),
    lambda ops, x: ops.tanh(x),
    lambda ops, x: ops.exp(x),
)


@pytest.fixture(scope="module")
def keras():
    keras = import_keras()
    keras.utils.set_random_seed(3)
    return keras


def _agrees(keras, path: Path, inputs, output) -> None:
    model = keras.Model(inputs, output)
    model.save(path)
    network = load_network(path)
    x = np.random.default_rng(3).normal(size=(60, *inputs.shape[1:])) * 4
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(network.forward(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_functions(keras, tmp_path: Path, operation):
    layers = keras.layers
    inputs = keras.Input((5,))
    # Of small weights: Keras computes in 32 bits, and exponentials of large sums differ.
    small = keras.initializers.RandomNormal(stddev=0.2)
    hidden = operation(keras.ops, layers.Dense(6, kernel_initializer=small)(inputs))
    _agrees(keras, tmp_path / "f.keras", inputs, layers.Dense(2)(hidden))


def test_softmax(keras, tmp_path: Path):
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(4)(inputs) + keras.layers.Dense(4)(inputs)
    _agrees(keras, tmp_path / "s.keras", inputs, keras.ops.softmax(hidden))


@pytest.mark.parametrize("layered", [False, True])
def test_sums(keras, tmp_path: Path, layered: bool):
    layers = keras.layers
    inputs = keras.Input((5,))
    branches = [layers.Dense(4, "relu")(inputs), layers.Identity()(layers.Dense(4)(inputs))]
    both = layers.Add()(branches) if layered else branches[0] + branches[1]
    _agrees(keras, tmp_path / "a.keras", inputs, layers.Dense(2)(both))


def test_sums_of_other_shapes_are_refused(keras, tmp_path: Path):
    layers = keras.layers
    inputs = keras.Input((5,))
    both = layers.Dense(4)(inputs) + layers.Dense(1)(inputs)
    model = keras.Model(inputs, layers.Dense(2)(both))
    model.save(tmp_path / "wide.keras")
    with pytest.raises(InputError, match=r"layer 'add.*of one shape, at least two, got .*\(4,\)"):
        load_network(tmp_path / "wide.keras")


@pytest.mark.parametrize(
    "operation",
    [
        lambda keras, x: keras.ops.gelu(x),
        lambda keras, x: x * x,
        lambda keras, x: 1.0 / x,
        lambda keras, x: keras.ops.square(x),
    ],
)
def test_others_are_refused(keras, tmp_path: Path, operation):
    inputs = keras.Input((5,))
    model = keras.Model(inputs, operation(keras, keras.layers.Dense(4)(inputs)))
    model.save(tmp_path / "other.keras")
    with pytest.raises(InputError, match="layer '"):
        load_network(tmp_path / "other.keras")


@pytest.mark.parametrize("config", [None, [], {}, {"class_name": "Add"}, {"config": {"name": 3}}])
def test_what_is_no_operation_stays(config):
    assert as_layers(config) == config
