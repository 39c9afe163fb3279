"""Trains an MLP with Keras so that it survives quantisation.

A decoder loses nothing in fixed point where its weights are small, its hidden values use their
whole range, and few samples lie close to a decision boundary. Three things see to it: weight decay
(AdamW), noise on the inputs and on every hidden value during training, and a limit on each weight
in multiples of the RMS of its matrix.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network
from build_decoder.models.recipes import LayerRecipe, TrainingOptions
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["Samples", "TrainedNetwork", "fit"]

_BATCH = 64
_WEIGHT_LIMIT = 3.0  # in RMS of the matrix: so narrow a range is well covered by 6 bits


@dataclass(frozen=True)
class Samples:
    """Inputs, (samples, inputs), and their classes, (samples,)."""

    x: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network, in floats and as a Keras model.

    Parameters
    ----------
    network:
        In float32 values, taking inputs as they are: their scaling lies in the weights.
    predict:
        The Keras model's own outputs, from (samples, inputs) to float32 (samples, outputs).
    """

    network: Network
    predict: Callable[[np.ndarray], np.ndarray]


def fit(
    name: str,
    layers: Sequence[LayerRecipe],
    train: Samples,
    validation: Samples,
    *,
    options: TrainingOptions,
    seed: int,
) -> TrainedNetwork:
    """Train an MLP on one-hot targets, whose outputs are sigmoids or, where linear, logits.

    The same seed and machine give the same network.

    Raises
    ------
    InputError
        TensorFlow is not installed.
    """
    tensorflow = import_tensorflow("training")
    keras = tensorflow.keras
    keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()

    mean, scale = train.x.mean(axis=0), train.x.std()
    model = _model(keras, layers, train.x.shape[1], options)
    optimizer = keras.optimizers.AdamW(options.learning_rate, weight_decay=options.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    loss = "binary_crossentropy"
    if layers[-1].activation == "linear":
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    stop = keras.callbacks.EarlyStopping(patience=options.patience, restore_best_weights=True)
    classes = layers[-1].units

    def prepared(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
        x = ((samples.x - mean) / scale).astype(np.float32)
        return x, np.eye(classes, dtype=np.float32)[samples.labels]

    model.fit(
        *prepared(train),
        validation_data=prepared(validation),
        epochs=options.epochs,
        batch_size=_BATCH,
        callbacks=[stop],
        verbose=2,
    )
    return _fold_scaling(keras, name, layers, model, mean, scale)


def _model(keras, layers: Sequence[LayerRecipe], inputs: int, options: TrainingOptions):
    class WeightLimit(keras.constraints.Constraint):
        """Clips each weight to a multiple of the RMS of its matrix."""

        def __call__(self, weights):
            limit = _WEIGHT_LIMIT * keras.ops.sqrt(keras.ops.mean(keras.ops.square(weights)))
            return keras.ops.clip(weights, -limit, limit)

    model = keras.Sequential([keras.Input((inputs,))])
    noise = options.input_noise
    for layer in layers:
        model.add(keras.layers.GaussianNoise(noise))
        model.add(
            keras.layers.Dense(
                layer.units, activation=layer.activation, kernel_constraint=WeightLimit()
            )
        )
        noise = options.hidden_noise
    return model


def _fold_scaling(
    keras, name: str, layers: Sequence[LayerRecipe], model, mean: np.ndarray, scale: float
) -> TrainedNetwork:
    """The same network without noise, and with the scaling of the inputs in its first weights."""
    plain = keras.Sequential([keras.Input((len(mean),))])
    for layer in layers:
        plain.add(keras.layers.Dense(layer.units, activation=layer.activation))
    weights = model.get_weights()
    first = weights[0].astype(np.float64) / scale
    plain.set_weights([first, weights[1] - mean @ first, *weights[2:]])

    arrays = [array.astype(np.float64) for array in plain.get_weights()]
    dense = [
        (Dense(layer.units, layer.activation), {"weights": weights, "bias": bias})
        for layer, weights, bias in zip(layers, arrays[::2], arrays[1::2], strict=True)
    ]

    def predict(x: np.ndarray) -> np.ndarray:
        return plain.predict(x.astype(np.float32), batch_size=1024, verbose=0)

    return TrainedNetwork(Network.chain(name, len(mean), dense), predict)
