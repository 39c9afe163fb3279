"""Trains a network in the stages of its schedule (Sections 2.3 and 2.4.1), with Keras."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from build_decoder.models.architecture import Architecture
from build_decoder.models.keras_model import build_model
from build_decoder.models.nerve_cuff.branches import EMPHASES
from build_decoder.models.nerve_cuff.training.initial import give_unit_variance
from build_decoder.models.nerve_cuff.training.schedule import Schedule, Stage

__all__ = ["Fitted", "fit_network"]


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Parameters
    ----------
    model:
        The Keras model.
    epochs:
        Epochs that each stage took.
    validation_loss:
        Of the weights that the model has.
    """

    model: Any
    epochs: tuple[int, ...]
    validation_loss: float


def fit_network(
    keras: Any,
    architecture: Architecture,
    schedule: Schedule,
    train: tuple[list[np.ndarray], np.ndarray],
    validation: tuple[list[np.ndarray], np.ndarray],
) -> Fitted:
    """Train a network from random weights.

    Parameters
    ----------
    train, validation:
        What each input takes, and one-hot classes, float32, (signatures, classes).
    """
    model = build_model(architecture)
    if schedule.initial == "unit_variance":
        give_unit_variance(keras, architecture, model, train[0])
    epochs = []
    loss = float("nan")
    for stage in schedule.stages:
        trained = model if stage.whole else _pretrained(keras, architecture, model, stage.part)
        history = _run(keras, trained, stage, schedule, train, validation)
        epochs.append(len(history))
        loss = min(history)
        for layer in model.layers:
            layer.trainable = True
    return Fitted(model, tuple(epochs), loss)


def _pretrained(keras: Any, architecture: Architecture, model: Any, part: str) -> Any:
    """The branches up to `part`, and a dense layer on them that is thrown away later.

    The layers are those of `model`, so that it has their weights; those before `part`, which
    earlier stages have trained, are not trained again.
    """
    layers = [model.get_layer(f"{emphasis}_{part}") for emphasis in EMPHASES]
    names = [node.name for node in architecture.nodes]
    for name in names[: names.index(layers[-1].name)]:
        layer = model.get_layer(name)
        layer.trainable = layer in layers
    ends = [keras.layers.Flatten()(layer.output) for layer in layers]
    classes = architecture.output_shape[0]
    output = keras.layers.Dense(classes, activation="softmax")(keras.layers.concatenate(ends))
    return keras.Model(model.inputs, output)


def _run(
    keras: Any, model: Any, stage: Stage, schedule: Schedule, train: Any, validation: Any
) -> list[float]:
    """Train `model` for a stage; the validation loss of each epoch."""
    optimizer = keras.optimizers.SGD(
        stage.rate, momentum=schedule.momentum, clipnorm=schedule.clip
    )
    model.compile(optimizer=optimizer, loss="categorical_crossentropy")
    stop = keras.callbacks.EarlyStopping(
        patience=schedule.patience, restore_best_weights=True, start_from_epoch=0
    )

    def arranged(part: Any) -> tuple[Any, np.ndarray]:
        inputs, targets = part
        return (tuple(inputs) if len(inputs) > 1 else inputs[0]), targets

    x, y = arranged(train)
    history = model.fit(
        x,
        y,
        validation_data=arranged(validation),
        epochs=stage.epochs,
        batch_size=schedule.batch,
        callbacks=[stop],
        verbose=0,
    )
    return [float(loss) for loss in history.history["val_loss"]]
