"""Architectures as Keras models, and trained Keras models as networks."""

from typing import Any

import numpy as np

from build_decoder.models.architecture import Architecture, Weights
from build_decoder.models.layer import Mismatch
from build_decoder.models.network import Network
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["build_model", "model_weights", "set_model_weights", "trained_network"]


def build_model(architecture: Architecture, *, batch_size: int | None = None) -> Any:
    """An untrained Keras model; its layers and inputs have the names of the architecture.

    It takes every input, those that repeat another one too.

    Raises
    ------
    InputError
        TensorFlow is not installed.
    Mismatch
        A layer has an activation that Keras has not.
    """
    keras = import_tensorflow(architecture.name).keras
    tensors = {
        item.name: keras.Input(item.shape, batch_size=batch_size, name=item.name)
        for item in architecture.inputs
    }
    inputs = list(tensors.values())
    for node in architecture.nodes:
        taken = [tensors[name] for name in node.inputs]
        try:
            layer = node.layer.to_keras(keras, node.name)
        except Mismatch as error:
            raise Mismatch(error.expected, error.got, f"layer {node.name!r}") from None
        tensors[node.name] = layer(taken if len(taken) > 1 else taken[0])
    output = tensors[architecture.nodes[-1].name]
    # A model of one input takes an array, not a list of one.
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], output, name=architecture.name)


def model_weights(architecture: Architecture, model: Any) -> Weights:
    """The weights of a model that `build_model` made of `architecture`, in its own floats.

    Raises
    ------
    Mismatch
        The model is of another architecture.
    """
    names = {layer.name for layer in model.layers}
    weights = {}
    for node in architecture.nodes:
        shapes = architecture.weight_shapes(node)
        if node.name not in names:
            raise Mismatch("a layer of this name", "a model without it", f"layer {node.name!r}")
        arrays = model.get_layer(node.name).get_weights()
        got = [array.shape for array in arrays]
        if got != list(shapes.values()):
            expected = f"arrays of shapes {list(shapes.values())}"
            raise Mismatch(expected, got, f"layer {node.name!r}")
        if shapes:
            weights[node.name] = dict(zip(shapes, arrays, strict=True))
    return weights


def set_model_weights(architecture: Architecture, model: Any, weights: Weights) -> None:
    """Set the weights of a model that `build_model` made of `architecture`."""
    for node in Network.of(architecture, weights).nodes:
        keys = architecture.weight_shapes(node)
        if keys:
            arrays = [np.asarray(weights[node.name][key]) for key in keys]
            model.get_layer(node.name).set_weights(arrays)


def trained_network(architecture: Architecture, model: Any) -> Network:
    """The network of `architecture` with the weights of its Keras model.

    Raises
    ------
    Mismatch
        The model is of another architecture.
    """
    return Network.of(architecture, model_weights(architecture, model))
