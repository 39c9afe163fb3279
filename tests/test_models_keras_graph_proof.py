"""That the comparison of graphs with Keras tells what was read wrong, and takes what was right."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, activations
from build_decoder.models.files.keras_file.config import read_layers
from build_decoder.models.files.keras_file.graph import make_graph
from build_decoder.models.files.keras_file.graph_proof import prove_graph
from build_decoder.models.files.keras_file.loadable import for_use
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.network import Network
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

# Keras 3.15 itself uses numpy in a way that numpy 2 deprecates.
pytestmark = [
    needs_tensorflow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

PATH = Path("model.keras")


@pytest.fixture(scope="module")
def keras():
    return import_keras()


def read(keras, model, scale: float = 0.5):
    """Keras model in float64, graph and network of a model with random weights."""
    config = json.loads(model.to_json())
    wide = keras.models.model_from_json(json.dumps(for_use(config, "float64")))
    rng = np.random.default_rng(1)
    for variable in wide.weights:
        values = rng.normal(0, scale, variable.shape)
        variable.assign(np.abs(values) if "variance" in variable.path else values)
    graph = make_graph(PATH, "model", read_layers(PATH, config))
    return wide, graph, graph.network(keras, wide)


@pytest.fixture(scope="module")
def made(keras):
    """What `read` gives of a small model with all types of layer that can be read wrong."""
    from build_decoder.models.keras_layers import TemporalAttention, TimeReversal

    layers = keras.layers
    image, signal = keras.Input((11, 7, 2)), keras.Input((6, 2))
    x = layers.Conv2D(3, (4, 3), padding="same", name="conv")(image)
    x = layers.ReLU()(layers.BatchNormalization(epsilon=0.1)(x))
    x = layers.MaxPooling2D((4, 3), padding="same", name="pool")(x)
    both = layers.Bidirectional(layers.GRU(2, return_sequences=True), name="both")(signal)
    back = layers.LSTM(4, return_sequences=True, go_backwards=True, name="back")(signal)
    back = TimeReversal()(back)
    y = layers.Concatenate(name="beside")([both, back])
    norm = layers.BatchNormalization(name="norm")(layers.GRU(3, name="gru")(y))
    ends = [
        layers.GlobalAveragePooling2D(name="mean")(x),
        TemporalAttention(name="attention")(y),
        norm,
        layers.Flatten(name="flat")(x),
    ]
    dense = layers.Dense(4, activation="sigmoid", name="dense")(
        layers.Concatenate(name="all")(ends)
    )
    end = layers.Dense(3, activation="softmax", name="classes")(dense)
    return read(keras, keras.Model([image, signal], end))


def changed(network: Network, name: str, **changes) -> Network:
    return with_changes(network, {name: changes})


def with_changes(network: Network, changes) -> Network:
    nodes = (dataclasses.replace(node, **changes.get(node.name, {})) for node in network.nodes)
    return dataclasses.replace(network, nodes=tuple(nodes))


def arrays(network: Network):
    return [(node, key) for node in network.nodes for key in node.weights]


def test_what_was_read_right_is_taken(keras, made):
    wide, graph, network = made
    prove_graph(PATH, keras, wide, graph, network)
    assert len(arrays(network)) == 2 + 6 + 3 + 3 + 2 + 2 + 2 + 2


def test_changed_weights_are_told(keras, made):
    wide, graph, network = made
    for node, key in arrays(network):
        array = node.weights[key].copy()
        array.flat[-1] += 1e-4
        wrong = changed(network, node.name, weights={**node.weights, key: array})
        with pytest.raises(InputError, match=f"layer '{node.name}': .*, as Keras computes, got"):
            prove_graph(PATH, keras, wide, graph, wrong)


@pytest.mark.parametrize("name", ["conv", "dense"])
def test_every_other_activation_is_told(keras, made, name: str):
    wide, graph, network = made
    (node,) = (node for node in network.nodes if node.name == name)
    for other in set(activations.names()) - {node.layer.activation}:
        wrong = changed(network, name, layer=dataclasses.replace(node.layer, activation=other))
        with pytest.raises(InputError, match=f"layer '{name}': .* from the .* that was read"):
            prove_graph(PATH, keras, wide, graph, wrong)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("gru", Gru(3, False, backward=True)),
        ("back", Lstm(4, True)),
        ("pool", MaxPool((5, 3))),
        ("both", Bidirectional(Lstm(2, True))),
    ],
)
def test_other_layers_of_the_same_shape_are_told(keras, made, name: str, layer):
    wide, graph, network = made
    (node,) = (node for node in network.nodes if node.name == name)
    shapes = layer.weight_shapes(network.input_shapes(node))
    weights = {key: np.resize(node.weights[key], shape) for key, shape in shapes.items()}
    wrong = changed(network, name, layer=layer, weights=weights)
    with pytest.raises(InputError, match=f"layer '{name}': .*as Keras computes"):
        prove_graph(PATH, keras, wide, graph, wrong)


def test_directions_that_were_mixed_up_are_told(keras, made):
    wide, graph, network = made
    (node,) = (node for node in network.nodes if node.name == "both")
    swap = {"forward": "backward", "backward": "forward"}
    weights = {
        f"{swap[way]}_{rest}": array
        for way, rest, array in ((*key.split("_"), array) for key, array in node.weights.items())
    }
    with pytest.raises(InputError, match="layer 'both': .*from the bidirectional that was read"):
        prove_graph(PATH, keras, wide, graph, changed(network, "both", weights=weights))


def test_keras_layers_that_were_left_out_are_told(keras, made):
    wide, graph, network = made
    for name, count in (("back", 2), ("conv", 3)):
        (part,) = (part for part in graph.parts if part.name == name)
        layers = part.layers
        assert len(layers) == count
        try:
            part.layers = layers[:1]
            with pytest.raises(InputError, match=f"layer '{name}': .*as Keras computes"):
                prove_graph(PATH, keras, wide, graph, network)
        finally:
            part.layers = layers


def test_links_that_were_mixed_up_are_told(keras):
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    left = layers.Dense(3, name="left")(a)
    right = layers.Dense(3, name="right")(b)
    join = layers.Concatenate(name="join")([left, right])
    wide, graph, network = read(keras, keras.Model([a, b], layers.Dense(2)(join)))
    prove_graph(PATH, keras, wide, graph, network)
    swapped = changed(network, "join", inputs=("right", "left"))
    crossed = with_changes(network, {"left": {"inputs": ("b",)}, "right": {"inputs": ("a",)}})
    for wrong in (swapped, crossed):
        with pytest.raises(InputError, match="model.keras: expected a model that runs its layers"):
            prove_graph(PATH, keras, wide, graph, wrong)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 3, 30])
def test_rounding_is_no_difference(keras, scale: float):
    """Of a recurrent layer with large weights, the last of many steps hangs on the first bit."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((60, 5)),
            layers.BatchNormalization(),
            layers.Bidirectional(layers.LSTM(20, return_sequences=True)),
            layers.GRU(20),
            layers.BatchNormalization(epsilon=1e-3),
            layers.Dense(9, activation="exponential"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    prove_graph(PATH, keras, *read(keras, model, scale))


def test_means_far_from_zero_are_no_difference(keras):
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Normalization(), layers.Dense(2)])
    wide, graph, _ = read(keras, model)
    layer = wide.layers[0]
    layer.adapt_mean.assign([1e6, -1e6, 1e-6, 0])
    layer.finalize_state()
    prove_graph(PATH, keras, wide, graph, graph.network(keras, wide))


def test_layer_that_keras_cannot_run(keras, made, monkeypatch: pytest.MonkeyPatch):
    wide, graph, network = made

    def call(inputs):
        raise MemoryError("no room")

    monkeypatch.setattr(wide.get_layer("pool"), "call", call)
    expected = "layer 'pool': expected one that Keras can run, to compare what was read with it"
    with pytest.raises(InputError, match=f"{expected}, got .*no room"):
        prove_graph(PATH, keras, wide, graph, network)
