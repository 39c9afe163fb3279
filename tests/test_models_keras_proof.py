"""That the comparison with Keras tells a network that was read wrong, and takes one read right."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, activations
from build_decoder.models.files.keras_file.chain import make_steps
from build_decoder.models.files.keras_file.config import read_layers
from build_decoder.models.files.keras_file.proof import prove
from build_decoder.models.network import Network
from tests.networks import dense, dense_chain
from tests.tensorflow_or_skip import import_keras, needs_tensorflow

# Keras 3.15 itself uses numpy in a way that numpy 2 deprecates.
pytestmark = [
    needs_tensorflow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

PATH = Path("model.keras")
KERAS_NAMES = [name for name in activations.names() if activations.get(name).keras]


@pytest.fixture(scope="module")
def keras():
    return import_keras()


def model_of(keras, *layers, inputs=(9,), scale=0.5, seed=1):
    model = keras.Sequential([keras.Input(inputs), *layers])
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, scale, array.shape) for array in model.get_weights()])
    return model


def read(model):
    """Steps and network of a model, as the loader makes them."""
    steps = make_steps(read_layers(PATH, json.loads(model.to_json())))
    layers = []
    for step in steps:
        arrays = model.get_layer(step.dense).get_weights()
        weights, bias = (np.asarray(array, np.float64) for array in arrays)
        layers.append(dense(step.units, step.activation, weights, bias))
    return steps, dense_chain("model", steps[0].order.size, tuple(layers))


def with_layer(network: Network, index: int, **changes) -> Network:
    layers = list(network.layers)
    layers[index] = dataclasses.replace(layers[index], **changes)
    return network.with_layers(layers)


@pytest.mark.parametrize("name", KERAS_NAMES)
def test_every_other_activation_is_told(keras, name: str):
    layers = keras.layers
    model = model_of(
        keras, layers.Dense(7, activation=activations.get(name).keras), layers.Dense(2)
    )
    steps, network = read(model)
    prove(PATH, keras, model, steps, network)
    for other in activations.names():
        if other != name:
            wrong = with_layer(network, 0, activation=other)
            with pytest.raises(InputError, match="model.keras: layer 'dense.*as Keras computes"):
                prove(PATH, keras, model, steps, wrong)


def _gelu_of_tanh(keras):
    return keras.layers.Activation(lambda x: keras.activations.gelu(x, approximate=True))


def _half_precision(keras):
    return keras.layers.Activation("linear", dtype="float16")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda keras: keras.layers.ReLU(max_value=10), "relu"),
        (lambda keras: keras.layers.ReLU(max_value=100), "relu"),
        (lambda keras: keras.layers.ReLU(threshold=0.05), "relu"),
        (lambda keras: keras.layers.ReLU(negative_slope=0.001), "relu"),
        (lambda keras: keras.layers.LeakyReLU(0.201), "leaky_relu"),
        (lambda keras: keras.layers.ELU(0.99), "elu"),
        (lambda keras: keras.layers.Activation("hard_sigmoid"), "sigmoid"),
        (lambda keras: keras.layers.Dropout(0.5), "relu"),
        (_gelu_of_tanh, "gelu"),
        (_half_precision, "linear"),
    ],
)
@pytest.mark.parametrize("scale", [0.01, 1, 30])
def test_settings_that_were_overlooked_are_told(keras, make, name: str, scale: float):
    layers = keras.layers
    ends = (layers.Dense(7, name="first"), layers.Dense(2, name="last"))
    model = model_of(keras, ends[0], make(keras), ends[1], scale=scale)
    plain = model_of(keras, layers.Dense(7, name="first"), layers.Dense(2, name="last"))
    plain.set_weights(model.get_weights())
    steps, network = read(plain)
    steps[0].layers.append(model.layers[1].name)
    with pytest.raises(InputError, match="layer 'first': expected .*, as Keras computes"):
        prove(PATH, keras, model, steps, with_layer(network, 0, activation=name))


def test_changed_weights_are_told(keras):
    model = model_of(keras, keras.layers.Dense(7, "tanh"), keras.layers.Dense(3, "softmax"))
    steps, network = read(model)
    prove(PATH, keras, model, steps, network)
    for index, layer in enumerate(network.layers):
        for key in ("weights", "bias"):
            changed = getattr(layer, key).copy()
            changed.flat[1] += 1e-3
            wrong = with_layer(network, index, **{key: changed})
            with pytest.raises(InputError, match=f"layer '{steps[index].dense}'"):
                prove(PATH, keras, model, steps, wrong)


def test_order_of_inputs_is_told(keras):
    layers = keras.layers
    flatten = layers.Flatten(data_format="channels_first")
    model = model_of(keras, flatten, layers.Dense(2), inputs=(3, 4))
    steps, wrong = read(model)  # without the order
    with pytest.raises(InputError, match="layer 'dense.*as Keras computes"):
        prove(PATH, keras, model, steps, wrong)
    ordered = np.empty_like(wrong.layers[0].weights)
    ordered[steps[0].order] = wrong.layers[0].weights
    prove(PATH, keras, model, steps, with_layer(wrong, 0, weights=ordered))


def test_a_layer_that_was_left_out_is_told(keras):
    inputs = keras.Input((4,))
    layer = keras.layers.Dense(3)
    model = keras.Model(inputs, 2 * layer(inputs))
    plain = keras.Sequential([inputs, layer])
    steps, network = read(plain)
    prove(PATH, keras, plain, steps, network)
    with pytest.raises(InputError, match="model.keras: expected a model that runs its layers one"):
        prove(PATH, keras, model, steps, network)


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1, 1e3, 1e8])
@pytest.mark.parametrize("inputs", [1, 7, 3000])
def test_rounding_of_float32_is_no_difference(keras, inputs: int, scale: float):
    layers = keras.layers
    names = [activations.get(name).keras for name in KERAS_NAMES]
    chain = [layers.Dense(20, activation=name) for name in (*names, "softmax")]
    model = model_of(keras, *chain, inputs=(inputs,), scale=scale)
    for offset in (0, 1):  # products of one sign add up otherwise than those of both
        model.set_weights([array + offset * scale for array in model.get_weights()])
        steps, network = read(model)
        prove(PATH, keras, model, steps, network)


def test_dead_network(keras):
    model = model_of(keras, keras.layers.Dense(7, "relu"), keras.layers.Dense(3), scale=0)
    prove(PATH, keras, model, *read(model))
