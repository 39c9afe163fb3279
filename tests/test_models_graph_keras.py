"""Real Keras models of all types of layer, saved, read, and compared with what Keras predicts."""

import dataclasses
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, load_network
from build_decoder.models.architecture import Architecture
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.nerve_cuff import TABLE_1, EscapeNet, EscapeRnn
from build_decoder.models.nerve_cuff.own_network import OWN_NETWORK
from build_decoder.models.network import Network
from build_decoder.models.task import Kind
from tests.architectures import branched
from tests.keras_files import USUAL, branches, usual, weights_file, write_keras
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

# Keras 3.15 itself uses numpy in a way that numpy 2 deprecates.
pytestmark = [
    needs_tensorflow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def keras():
    return import_keras()


def save(model, path: Path) -> Path:
    """Save with random weights: biases, means and variances too, which Keras starts at 0 or 1."""
    rng = np.random.default_rng(1)
    for variable in model.weights:
        values = rng.normal(size=variable.shape) / np.sqrt(2 + math.prod(variable.shape[:-1]))
        variable.assign(np.abs(values) if "variance" in variable.path else values)
    model.save(path)
    return path


def read(keras, model, path: Path) -> Network:
    """The network of a model, once it gives what Keras predicts."""
    network = load_network(save(model, path))
    rng = np.random.default_rng(2)
    given = [rng.normal(size=(6, *tensor.shape[1:])) for tensor in model.inputs]
    # A Normalization takes its new weights when it is loaded.
    loaded = keras.models.load_model(path)
    expected = loaded.predict(given if len(given) > 1 else given[0], verbose=0)
    actual = network.forward(np.concatenate([array.reshape(6, -1) for array in given], axis=1))
    assert np.ptp(expected, axis=0).max() > 1e-4  # a dead network would agree with any
    room = 2e-6 * max(1, np.abs(expected).max())  # Keras computes in float32
    np.testing.assert_allclose(actual, expected.reshape(6, -1), rtol=0, atol=room)
    return network


def kinds(network: Network) -> list[str]:
    return [type(node.layer).__name__ for node in network.nodes]


def test_images(keras, tmp_path: Path):
    layers = keras.layers
    image, row = keras.Input((9, 7, 2), name="image"), keras.Input((3,), name="row")
    x = layers.Rescaling(1 / 3, offset=-0.25)(image)
    x = layers.Conv2D(4, (4, 3), padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(epsilon=0.1)(x)
    x = layers.SpatialDropout2D(0.5)(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.MaxPooling2D((3, 7))(x)  # valid, and it fits
    same = layers.MaxPooling2D(2, padding="same")(x)
    ends = [layers.Flatten()(same), layers.GlobalAveragePooling2D()(x)]
    ends.append(layers.Normalization()(row))
    x = layers.Concatenate()(ends)
    x = layers.Dense(5, activation="tanh")(layers.Dropout(0.25)(x))
    x = layers.BatchNormalization(center=False, scale=False)(x)
    model = keras.Model([image, row], layers.Dense(3, activation="softmax", name="classes")(x))
    network = read(keras, model, tmp_path / "images.keras")
    assert [item.shape for item in network.inputs] == [(9, 7, 2), (3,)]
    assert Counter(kinds(network)) == {
        "Affine": 3, "Conv2d": 1, "MaxPool": 2, "Flatten": 1, "GlobalAveragePool": 1,
        "Concat": 1, "Dropout": 1, "Dense": 2, "Softmax": 1,
    }  # fmt: skip
    assert [node.name for node in network.nodes][-2:] == ["classes", "classes_softmax"]
    assert network.task.kind == Kind.CLASSES


@pytest.fixture(scope="module")
def series(keras):
    """A model of what takes time steps, and nearly all ways to say it."""
    from build_decoder.models.keras_layers import ChannelAffine, TemporalAttention, TimeReversal

    layers = keras.layers
    signal = keras.Input((10, 3), name="signal")
    x = layers.Normalization()(signal)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True, dropout=0.5))(x)
    back = [layers.LSTM(4, return_sequences=True, go_backwards=True), TimeReversal()]
    x = layers.Concatenate()([keras.Sequential(back, name="back")(x), x])
    attended = TemporalAttention()(ChannelAffine()(x))
    last = layers.GRU(2, go_backwards=True, use_bias=False)(x)
    both = layers.Bidirectional(
        layers.LSTM(3, use_bias=False), backward_layer=layers.LSTM(3, go_backwards=True)
    )
    # The same signal as an image of one column.
    conv = layers.Conv1D(4, 3, padding="same", name="conv")
    block = [conv, layers.BatchNormalization(), layers.ReLU()]
    y = keras.Sequential([*block, layers.MaxPooling1D(4, padding="same")], name="block")(signal)
    ends = [attended, last, both(x), layers.GlobalAveragePooling1D()(y), layers.Flatten()(y)]
    leaky = layers.Dense(2, activation=layers.ReLU(negative_slope=0.2))
    return keras.Model(signal, leaky(layers.Concatenate()(ends)), name="series")


def test_time_steps(keras, series, tmp_path: Path):
    network = read(keras, series, tmp_path / "series.keras")
    assert [(item.name, item.shape, item.of) for item in network.inputs] == [
        ("signal", (10, 3), None),
        ("signal_image", (10, 1, 3), "signal"),
    ]
    found = {node.name: node.layer for node in network.nodes}
    assert found["back"] == Lstm(4, True, backward=True)
    assert found["block_conv"] == Conv2d(4, (3, 1), "relu")
    assert network.task is None


def test_normalisations_with_numbers_in_their_settings(keras, tmp_path: Path):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((5, 2)),
            layers.Normalization(mean=[1.0, -2.0], variance=[0.25, 4.0]),
            layers.Normalization(axis=None, mean=3.0, variance=2.0, invert=True),
            layers.Normalization(mean=0.5, variance=0.0),  # as Keras has it: 1e-7, not 0
            layers.Rescaling([2.0e-7, 0.5e-7], offset=np.array([1.0, 2.0])),
            layers.Normalization(axis=None),
            layers.Normalization(invert=True),
        ]
    )
    network = read(keras, model, tmp_path / "numbers.keras")
    assert kinds(network) == ["Affine"] * 6


@pytest.mark.parametrize(
    "architecture",
    [
        *(
            network.network.architecture(name)
            for name, network in TABLE_1.items()
            if name != "escape_net"  # it has 26 million weights
        ),
        EscapeNet(filters=2, dense=4, dropout=0.5).architecture("net"),
        EscapeRnn(2, 3, cell="lstm", bidirectional=True, attention=True).architecture("lstm"),
        EscapeRnn(2, 3, layers=1, cell="gru", bidirectional=True).architecture("gru"),
        OWN_NETWORK.architecture("own"),
        branched(),
    ],
    ids=lambda architecture: architecture.name,
)
def test_networks_of_this_project(keras, tmp_path: Path, architecture: Architecture):
    from build_decoder.models.keras_model import build_model, trained_network

    model = build_model(architecture)
    network = read(keras, model, tmp_path / f"{architecture.name}.keras")
    # Inputs that repeat another one are given: nothing in a Keras model says that they do.
    given = tuple(
        dataclasses.replace(item, of=None, walk=None, grain=None) for item in architecture.inputs
    )
    wanted = trained_network(dataclasses.replace(architecture, inputs=given), model)
    assert network.inputs == wanted.inputs
    nodes = {node.name: node for node in network.nodes}
    assert nodes.keys() == {node.name for node in wanted.nodes}
    for node in wanted.nodes:
        assert (nodes[node.name].inputs, nodes[node.name].layer) == (node.inputs, node.layer)
        assert nodes[node.name].weights.keys() == node.weights.keys()
        for key, array in node.weights.items():
            np.testing.assert_array_equal(nodes[node.name].weights[key], array)


def test_wide_numbers(keras, tmp_path: Path):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1), dtype="float64"),
            layers.Conv2D(2, 3, padding="same", dtype="float64", name="conv"),
            layers.GlobalAveragePooling2D(dtype="float64"),
        ]
    )
    network = read(keras, model, tmp_path / "wide.keras")
    kernel = keras.ops.convert_to_numpy(model.get_layer("conv").kernel)
    assert kernel.dtype == np.float64
    np.testing.assert_array_equal(network.nodes[0].weights["weights"], kernel)


def test_usual_settings_are_keras_own(keras):
    """The files of `tests.keras_files`, on which other tests build, are as Keras writes them."""
    import build_decoder.models.keras_layers as own

    arguments = {
        "Conv1D": (3, 3), "Conv2D": (3, (3, 2)), "MaxPooling2D": ((2, 3),), "LSTM": (3,),
        "GRU": (3,), "Rescaling": (0.5,), "Dropout": (0.5,), "Dense": (3,),
    }  # fmt: skip
    for kind, settings in USUAL.items():
        make = getattr(keras.layers, kind, None) or getattr(own, kind)
        same = {"padding": "same"} if kind.startswith("Conv") else {}
        entry = keras.utils.serialize_keras_object(make(*arguments.get(kind, ()), **same))
        described = usual(kind)
        for key in ("module", "class_name", "registered_name"):
            assert entry[key] == described[key]
        saved = {key: entry["config"][key] for key in settings}
        assert {key: list(v) if isinstance(v, tuple) else v for key, v in saved.items()} == settings


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda k: [k.MaxPooling2D(2, strides=1, name="p")], "'p': expected strides=.2, 2., got"),
        (lambda k: [k.Conv2D(2, 3, name="c")], "output: expected all .*, got a part of 'c'"),
        (lambda k: [k.MaxPooling2D(3, name="p")], "layer 'p': expected windows side by side"),
        (lambda k: [k.Lambda(lambda x: x, name="code")], "layer 'code': expected .*, got Lambda"),
        (
            lambda k: [k.Flatten(), k.Dense(2, name="d"), k.LayerNormalization(name="norm")],
            "layer 'norm': expected .*, got LayerNormalization",
        ),
    ],
)
def test_layers_that_are_refused(keras, tmp_path: Path, make, message: str):
    model = keras.Sequential([keras.Input((8, 4, 2)), *make(keras.layers)])
    model.save(tmp_path / "other.keras")
    with pytest.raises(InputError, match=f"other.keras: .*{message}") as info:
        load_network(tmp_path / "other.keras")
    assert len(str(info.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x, k: k.LSTM(2, name="l")(k.Masking(name="m")(x)), "layer 'm': .*got Masking"),
        (lambda x, k: k.GRU(2, reset_after=False, name="g")(x), "'g': expected reset_after=True"),
        (lambda x, k: k.LSTM(2, stateful=True, name="l")(x), "'l': expected stateful=False"),
        (
            lambda x, k: k.LSTM(2, name="l")(x, initial_state=[k.Flatten()(x)] * 2),
            "layer 'l': expected a call with its input alone, got initial_state=",
        ),
        (
            lambda x, k: k.Bidirectional(k.LSTM(2), merge_mode="sum", name="b")(x),
            "layer 'b': expected merge_mode='concat', got merge_mode='sum'",
        ),
        (
            lambda x, k: k.LSTM(2, activation="relu", name="l")(x),
            "layer 'l': expected activation='tanh', got activation='relu'",
        ),
        (lambda x, k: k.Flatten()(x) * k.Flatten()(x), "layer 'multiply.*': expected "),
        (
            lambda x, k: k.Flatten()(k.LSTM(2, return_sequences=True, go_backwards=True)(x)),
            "output: expected all outputs .*, got a part of 'lstm.*', or another order",
        ),
    ],
)
def test_calls_that_are_refused(keras, tmp_path: Path, make, message: str):
    signal = keras.Input(batch_shape=(1, 2, 1))
    keras.Model(signal, make(signal, keras.layers)).save(tmp_path / "other.keras")
    with pytest.raises(InputError, match=f"other.keras: .*{message}"):
        load_network(tmp_path / "other.keras")


def test_layer_and_model_used_twice(keras, tmp_path: Path):
    a, b = keras.Input((4, 2)), keras.Input((4, 2))
    shared = keras.layers.LSTM(2, name="shared")
    for part in (shared, keras.Sequential([keras.Input((4, 2)), shared], name="both")):
        join = keras.layers.Concatenate()([part(a), part(b)])
        keras.Model([a, b], join).save(tmp_path / "twice.keras")
        with pytest.raises(InputError, match=f"layer '{part.name}'.*got a layer used 2 times"):
            load_network(tmp_path / "twice.keras")


def test_weights_that_are_no_numbers(keras, tmp_path: Path):
    model = keras.Sequential([keras.Input((3, 2)), keras.layers.BatchNormalization(name="norm")])
    model.get_layer("norm").moving_variance.assign([1.0, -2.0])
    model.save(tmp_path / "nan.keras")
    with pytest.raises(InputError, match="nan.keras: layer 'norm': expected finite weights"):
        load_network(tmp_path / "nan.keras")


def test_what_counts_in_training_alone_needs_no_code(keras, tmp_path: Path):
    class Positive(keras.constraints.Constraint):  # not registered: Keras cannot load it
        def __call__(self, weights):
            return keras.ops.abs(weights)

    layers = keras.layers
    cell = layers.GRU(2, recurrent_constraint=Positive(), name="cell")
    both = layers.Bidirectional(layers.LSTM(2, bias_regularizer="l2"), name="both")
    signal = keras.Input((4, 2))
    model = keras.Model(signal, layers.Concatenate()([cell(signal), both(signal)]))
    save(model, tmp_path / "constrained.keras")
    network = load_network(tmp_path / "constrained.keras")
    assert [node.name for node in network.nodes][:2] == ["cell", "both"]


def test_affine_layers_keep_their_names(keras, tmp_path: Path):
    path = tmp_path / "named.keras"
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.BatchNormalization(name="my.norm"), keras.layers.Dense(2)]
    )
    node, _ = read(keras, model, path).nodes
    assert (node.name, node.layer) == ("my_norm", Affine())


def test_weights_of_another_shape(tmp_path: Path):
    def fill(file, group):
        for name, shape in (("lstm", (99,)), ("lstm/cell", (99,))):
            file.create_group(f"layers/{name}/vars")["0"] = np.ones(shape, np.float32)

    config = branches({"x": (5, 4)}, (usual("LSTM"), "x"))
    path = write_keras(tmp_path / "other.keras", config=config, weights=weights_file(fill))
    with pytest.raises(InputError, match="other.keras: expected a Keras model of standard") as info:
        load_network(path)
    assert len(str(info.value).splitlines()) == 1
