import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, activations, load_network
from build_decoder.models.files.keras_file import chain
from tests.keras_files import dense_config, sequential, weights_file, write_keras
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
    # Keras computes in float32.
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * max(1, np.abs(expected).max()))


def inputs(seed: int, *shape: int) -> np.ndarray:
    """Small samples and large ones, far beyond what an activation's cap may be."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(0, scale, (20, *shape)) for scale in (0.3, 3, 30)])


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
        (lambda k: [k.Conv1D(4, 3, name="conv")], "output: expected all .*a part of 'conv'"),
        (
            lambda k: [k.Flatten(), k.Dense(4, activation="mish", name="d")],
            "layer 'd'.*linear, .*tanh, or softmax at the end, got mish",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4), k.ReLU(threshold=0.5, name="late"), k.Dense(2)],
            "layer 'late': expected settings of one of elu, .*, got .*threshold=0.5",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4), k.LeakyReLU(1.5, name="steep"), k.Dense(2)],
            "layer 'steep': expected settings .*leaky_relu.NEGATIVE_SLOPE., .*, got negative_slope",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4, activation=k.ReLU(threshold=1), name="d")],
            "layer 'd': expected settings of one of .*, got .*threshold=1",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(1, "softmax", name="one")],
            "layer 'one': expected softmax of at least 2 units, got 1",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4), k.Softmax(axis=0, name="soft")],
            "layer 'soft': expected softmax over the outputs, axis=-1, got axis=0",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4, dtype="mixed_float16", name="half")],
            "layer 'half': expected float32 or float64, got 'mixed_float16'",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4, name="d"), k.Activation("tanh", dtype="float16")],
            "layer 'activation.*': expected float32 or float64, got 'float16'",
        ),
        (
            lambda k: [k.Flatten(), k.Dense(4, lora_rank=2, name="lora")],
            "layer 'lora': expected a plain Dense layer, without lora_rank, got lora_rank=2",
        ),
        (lambda k: [k.Flatten()], "output: expected all outputs of a layer"),
        (lambda k: [k.Flatten(), k.Dense(2), k.LayerNormalization(name="ln")], "layer 'ln'"),
    ],
)
def test_other_layers_are_named(keras, tmp_path: Path, make, message: str):
    model = keras.Sequential([keras.Input((8, 2)), *make(keras.layers)])
    model.save(tmp_path / "other.keras")
    with pytest.raises(InputError, match=f"other.keras: .*{message}"):
        load_network(tmp_path / "other.keras")


@needs_tensorflow
def test_calls_that_are_refused(keras, tmp_path: Path):
    layers = keras.layers
    inputs = keras.Input((6,))
    left, right = layers.Dense(3, name="left")(inputs), layers.Dense(3, name="right")(inputs)
    keras.Model(inputs, layers.Maximum(name="sum")([left, right])).save(tmp_path / "branch.keras")
    with pytest.raises(InputError, match="layer 'sum': expected a layer .*, got Maximum"):
        load_network(tmp_path / "branch.keras")
    shared = layers.Dense(6, name="shared")
    keras.Model(inputs, shared(shared(inputs))).save(tmp_path / "shared.keras")
    with pytest.raises(InputError, match="layer 'shared'.*got a layer used 2 times"):
        load_network(tmp_path / "shared.keras")
    keras.Model(inputs, [left, right]).save(tmp_path / "two.keras")
    with pytest.raises(InputError, match="output_layers: expected a model of one output, got"):
        load_network(tmp_path / "two.keras")
    keras.Model(inputs, layers.Dropout(0.5, name="drop")(left, training=True)).save(
        tmp_path / "random.keras"
    )
    with pytest.raises(InputError, match="layer 'drop': .*got training=True in its call"):
        load_network(tmp_path / "random.keras")


@needs_tensorflow
def test_dense_layers_of_models_inside_are_a_chain(keras, tmp_path: Path):
    layers = keras.layers
    inner = keras.Sequential([keras.Input((2, 3)), layers.Flatten(), layers.Dense(4, "relu")])
    model = keras.Sequential([keras.Input((2, 3)), inner, layers.Dense(2), layers.Softmax()])
    network = load_network(save(model, tmp_path / "nested.keras"))
    assert network.is_dense_chain
    assert [node.name for node in network.nodes] == ["layer1", "layer2"]
    x = np.random.default_rng(13).normal(size=(50, 2, 3))
    y = network.forward(x.reshape(50, -1))
    expected = model.predict(x, verbose=0)
    powers = np.exp(y - y.max(axis=1, keepdims=True))
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), expected, atol=1e-5)


@needs_tensorflow
@pytest.mark.parametrize("name", [n for n in activations.names() if activations.get(n).keras])
def test_activations(keras, tmp_path: Path, name: str):
    layers, called = keras.layers, activations.get(name).keras
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(6, activation=called),
            layers.Dense(6, kernel_regularizer="l2", kernel_constraint="non_neg"),
            layers.Activation(getattr(keras.activations, called)),
            layers.Dense(2),
        ]
    )
    path = save(model, tmp_path / "activation.keras")
    assert [layer.activation for layer in load_network(path).layers] == [name, name, "linear"]
    assert_equivalent(model, path, np.random.default_rng(7).normal(size=(50, 5)))


@needs_tensorflow
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda k: k.ReLU(), "relu"),
        (lambda k: k.ReLU(negative_slope=0.2), "leaky_relu"),
        (lambda k: k.LeakyReLU(0.2), "leaky_relu"),
        (lambda k: k.LeakyReLU(0.0), "relu"),
        (lambda k: k.ELU(), "elu"),
        (lambda k: k.ELU(0.5), "elu(0.5)"),
        (lambda k: k.LeakyReLU(), "leaky_relu(0.3)"),
        (lambda k: k.ReLU(negative_slope=0.01), "leaky_relu(0.01)"),
        (lambda k: k.ReLU(max_value=6), "relu(6.0)"),
    ],
)
def test_layers_that_equal_an_activation(keras, tmp_path: Path, make, name: str):
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(6), make(layers), layers.Dense(4, make(layers))]
    )
    path = save(model, tmp_path / "equal.keras")
    assert [layer.activation for layer in load_network(path).layers] == [name, name]
    assert_equivalent(model, path, inputs(8, 5))


@needs_tensorflow
@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
@pytest.mark.parametrize("shape", [(2, 3), (3, 4, 5), (2, 2, 3, 2), (4, 1), (1, 4), (6,)])
def test_flatten(keras, tmp_path: Path, data_format: str, shape: tuple[int, ...]):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten(data_format=data_format),
            layers.Dropout(0.5),
            layers.Dense(5, activation="tanh"),
            layers.Flatten(data_format=data_format),
            layers.Dense(2),
        ]
    )
    path = save(model, tmp_path / "flat.keras")
    assert_equivalent(model, path, np.random.default_rng(9).normal(size=(50, *shape)))


@needs_tensorflow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes(keras, tmp_path: Path, dtype: str):
    model = keras.Sequential(
        [
            keras.Input((5,), dtype=dtype),
            keras.layers.Dense(4, activation="tanh", dtype=dtype),
            keras.layers.Dense(2, dtype="float32"),
        ]
    )
    path = save(model, tmp_path / "wide.keras")
    assert_equivalent(model, path, inputs(10, 5))


@needs_tensorflow
@pytest.mark.parametrize("mode", ["int8", "float8"])
def test_quantised_models_are_refused(keras, tmp_path: Path, mode: str):
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name="d")])
    model.layers[0].quantize(mode)
    model.save(tmp_path / "narrow.keras")
    with pytest.raises(InputError, match=f"layer 'd': .*got weights quantised to '{mode}': save"):
        load_network(tmp_path / "narrow.keras")


@needs_tensorflow
@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_functions_of_the_users_own(keras, tmp_path: Path):
    layers = keras.layers

    @keras.utils.register_keras_serializable("mine", name="relu")
    def relu(x):
        return 2 * x

    for function, got in ((relu, "the function mine>relu"), (lambda x: 2 * x, "a lambda")):
        model = keras.Sequential([keras.Input((2,)), layers.Dense(2, function, name="d")])
        model.save(tmp_path / "own.keras")
        with pytest.raises(InputError, match=f"layer 'd': expected an activation of .*got {got}"):
            load_network(tmp_path / "own.keras")


@needs_tensorflow
def test_classes_of_the_users_own(keras, tmp_path: Path):
    @keras.utils.register_keras_serializable("mine")
    class Dense(keras.layers.Dense):
        def call(self, inputs):
            return 2 * super().call(inputs)

    keras.Sequential([keras.Input((2,)), Dense(2, name="d")]).save(tmp_path / "own.keras")
    with pytest.raises(InputError, match="layer 'd': expected .*, got .*[.]Dense"):
        load_network(tmp_path / "own.keras")


@needs_tensorflow
def test_what_counts_in_training_alone_needs_no_code(keras, tmp_path: Path):
    class Positive(keras.constraints.Constraint):  # not registered: Keras cannot load it
        def __call__(self, weights):
            return keras.ops.abs(weights)

    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, kernel_constraint=Positive())]
    )
    path = save(model, tmp_path / "constrained.keras")
    assert_equivalent(model, path, inputs(11, 4))


@needs_tensorflow
def test_model_of_a_fixed_batch_that_was_trained(keras, tmp_path: Path):
    model = keras.Sequential([keras.Input(batch_shape=(8, 4)), keras.layers.Dense(3)])
    model.compile("adam", "mse")
    model.fit(np.ones((8, 4)), np.ones((8, 3)), batch_size=8, verbose=0)
    model.save(tmp_path / "batch.keras")
    x = inputs(12, 4)[:8]
    network = load_network(tmp_path / "batch.keras")
    np.testing.assert_allclose(network.forward(x), model.predict(x, verbose=0), rtol=0, atol=1e-5)


@needs_tensorflow
def test_code_in_the_file_is_not_run(keras, tmp_path: Path):
    layers = keras.layers
    model = keras.Sequential([keras.Input((6,)), layers.Lambda(lambda x: x), layers.Dense(2)])
    model.save(tmp_path / "code.keras")
    with pytest.raises(InputError, match="layer 'lambda.*': expected .*, got Lambda"):
        load_network(tmp_path / "code.keras")


@needs_tensorflow
def test_model_that_was_never_built(keras, tmp_path: Path):
    with pytest.warns(UserWarning, match="not yet been built"):
        keras.Sequential([keras.layers.Dense(2)]).save(tmp_path / "new.keras")
    with pytest.raises(InputError, match=r"input: expected a fixed size \(begin the model with"):
        load_network(tmp_path / "new.keras")


@needs_tensorflow
def test_weights_of_another_shape(tmp_path: Path):
    path = write_keras(tmp_path / "other.keras", weights=weights_file(inputs=5))
    with pytest.raises(InputError, match="other.keras: expected a Keras model of standard") as info:
        load_network(path)
    assert len(str(info.value).splitlines()) == 1


@needs_tensorflow
def test_no_room_for_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("build_decoder.models.files.keras_loader.pack", full)
    path = write_keras(tmp_path / "m.keras", weights=weights_file())
    expected = "m.keras: expected room for a copy among temporary files, got No space left on dev"
    with pytest.raises(InputError, match=expected):
        load_network(path)


@needs_tensorflow
def test_made_by_hand(tmp_path: Path):
    """The files of `tests.keras_files`, on which other tests build, are what Keras reads."""
    path = write_keras(tmp_path / "hand.keras", weights=weights_file())
    network = load_network(path)
    weights = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    np.testing.assert_array_equal(network.layers[0].weights, weights)


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
    has_h5py = importlib.util.find_spec("h5py") is not None
    path = write_keras(tmp_path / "model.keras", weights=weights_file() if has_h5py else b"")
    expected = r"model.keras: expected TensorFlow \(pip install build_decoder\[train\]"
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(InputError, match=expected):
        load_network(path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=expected):
        load_network(path)


@needs_tensorflow
def test_sizes_beside_the_layers_are_not_built(tmp_path: Path):
    """Keras builds a layer for the size in its ``build_config`` first, whatever its input is."""
    dense = dense_config() | {"build_config": {"input_shape": [None, 10**6]}}
    model = sequential(dense) | {"build_config": {"input_shape": [None, 10**6]}}
    path = write_keras(tmp_path / "m.keras", config=model, weights=weights_file())
    assert load_network(path).topology == "4-3"


@needs_tensorflow
def test_what_was_read_is_compared_with_keras(
    keras, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh", name="d")])
    path = save(model, tmp_path / "m.keras")
    monkeypatch.setattr(chain, "named_activation", lambda layer, units: "relu")
    with pytest.raises(InputError, match="m.keras: layer 'd': expected .* from the relu that was"):
        load_network(path)
