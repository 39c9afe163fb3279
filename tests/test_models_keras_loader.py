import sys
from pathlib import Path

import numpy as np
import pytest

from models import InputError, load_network
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

# Keras 3.15 itself uses numpy in a way that numpy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def keras():
    return import_keras()


def save(model, path: Path) -> Path:
    """Save with random biases, which Keras starts at zero."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.5, array.shape) for array in model.get_weights()])
    model.save(path)
    return path


def assert_equivalent(model, path: Path, x: np.ndarray) -> None:
    network = load_network(path)
    expected = model.predict(x, verbose=0)
    actual = network.forward(x.reshape(len(x), -1))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5)


@needs_tensorflow
def test_sequential(keras, tmp_path: Path):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((3, 4)),
            layers.GaussianNoise(0.1),
            layers.Flatten(),
            layers.Dense(7, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(6, activation="tanh"),
            layers.Dense(5),
            layers.Dense(4, use_bias=False),
            layers.Activation("sigmoid"),
            layers.Dense(2, activation="sigmoid"),
        ]
    )
    path = save(model, tmp_path / "chain.keras")
    network = load_network(path)
    assert network.name == "chain"
    assert network.topology == "12-7-6-5-4-2"
    activations = [layer.activation for layer in network.layers]
    assert activations == ["relu", "tanh", "linear", "sigmoid", "sigmoid"]
    assert_equivalent(model, path, np.random.default_rng(2).normal(size=(50, 3, 4)))


@needs_tensorflow
def test_functional(keras, tmp_path: Path):
    layers = keras.layers
    tensor = inputs = keras.Input((6,))
    for layer in (layers.Dense(5), layers.ReLU(), layers.Dense(3, activation="sigmoid")):
        tensor = layer(tensor)
    model = keras.Model(inputs, tensor)
    path = save(model, tmp_path / "functional.keras")
    assert load_network(path).topology == "6-5-3"
    assert_equivalent(model, path, np.random.default_rng(3).normal(size=(50, 6)))


@needs_tensorflow
@pytest.mark.parametrize("separate", [False, True])
def test_softmax_at_the_end_decides_the_same(keras, tmp_path: Path, separate: bool):
    layers = keras.layers
    end = [layers.Dense(4), layers.Softmax()]
    if not separate:
        end = [layers.Dense(4, activation="softmax")]
    model = keras.Sequential([keras.Input((6,)), layers.Dense(5, activation="relu"), *end])
    network = load_network(save(model, tmp_path / "soft.keras"))
    assert network.layers[-1].activation == "linear"
    x = np.random.default_rng(4).normal(size=(200, 6))
    expected = model.predict(x, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(network.forward(x).argmax(axis=1), expected)


@needs_tensorflow
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda k: [k.Conv1D(4, 3, name="conv")], "layer 'conv'.*got Conv1D"),
        (lambda k: [k.Dense(4)], "input: expected a fixed size, or a Flatten.*shape .8, 2."),
        (
            lambda k: [k.Flatten(), k.Dense(4, activation="mish", name="d")],
            "layer 'd'.*linear, .*tanh, or softmax at the end, got mish",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4, activation="softmax", name="d"), k.Dense(2)],
            "layer 'd'.*got softmax",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4), k.ReLU(max_value=5.5, name="six"), k.Dense(2)],
            "layer 'six'.*got ReLU",
        ),
        (lambda k: [k.Flatten(), k.ReLU(name="r"), k.Dense(2)], "'r'.*a linear Dense before it"),
        (
            lambda k: [k.Flatten(), k.Dense(3, "tanh"), k.ReLU(name="r"), k.Dense(2)],
            "'r'.*a linear Dense before it, got tanh",
        ),
        (lambda k: [k.Flatten()], "at least one Dense layer, got none"),
        (lambda k: [k.Flatten(), k.Dense(2), k.BatchNormalization(name="bn")], "layer 'bn'"),
    ],
)
def test_other_layers_are_named(keras, tmp_path: Path, make, message: str):
    model = keras.Sequential([keras.Input((8, 2)), *make(keras.layers)])
    model.save(tmp_path / "other.keras")
    with pytest.raises(InputError, match=f"other.keras: .*{message}"):
        load_network(tmp_path / "other.keras")


@needs_tensorflow
def test_branches_are_refused(keras, tmp_path: Path):
    layers = keras.layers
    inputs = keras.Input((6,))
    left, right = layers.Dense(3, name="left")(inputs), layers.Dense(3, name="right")(inputs)
    keras.Model(inputs, layers.Add(name="sum")([left, right])).save(tmp_path / "branch.keras")
    with pytest.raises(InputError, match="layer '.*': expected a chain of layers, got a branch"):
        load_network(tmp_path / "branch.keras")
    shared = layers.Dense(6, name="shared")
    keras.Model(inputs, shared(shared(inputs))).save(tmp_path / "shared.keras")
    with pytest.raises(InputError, match="layer 'shared'.*got a branch or a layer used twice"):
        load_network(tmp_path / "shared.keras")
    keras.Model(inputs, [left, right]).save(tmp_path / "two.keras")
    with pytest.raises(InputError, match="one input and one output"):
        load_network(tmp_path / "two.keras")


@needs_tensorflow
def test_code_in_the_file_is_not_run(keras, tmp_path: Path):
    layers = keras.layers
    model = keras.Sequential([keras.Input((6,)), layers.Lambda(lambda x: x), layers.Dense(2)])
    model.save(tmp_path / "code.keras")
    with pytest.raises(InputError, match="expected a Keras model of standard layers") as caught:
        load_network(tmp_path / "code.keras")
    assert len(str(caught.value).splitlines()) == 1


@needs_tensorflow
def test_nan_weights(keras, tmp_path: Path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="d")])
    model.set_weights([np.full((2, 2), np.nan), np.zeros(2)])
    model.save(tmp_path / "nan.keras")
    with pytest.raises(InputError, match="layer 'd': expected finite weights"):
        load_network(tmp_path / "nan.keras")


@needs_tensorflow
def test_damaged_file(keras, tmp_path: Path):
    (tmp_path / "bad.keras").write_text("not a zip")
    with pytest.raises(InputError, match="bad.keras: expected a Keras model"):
        load_network(tmp_path / "bad.keras")


def test_missing_file(tmp_path: Path):
    with pytest.raises(InputError, match="absent.keras: expected a file, got no such file"):
        load_network(tmp_path / "absent.keras")


def test_without_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    (tmp_path / "model.keras").touch()
    with pytest.raises(
        InputError, match=r"expected TensorFlow \(pip install build_decoder\[train\]"
    ):
        load_network(tmp_path / "model.keras")
