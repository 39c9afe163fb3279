"""Initial weights that suit the data, for networks too deep to begin to learn without."""

from typing import Any

import numpy as np

from build_decoder.models.architecture import Architecture
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.global_average_pool import GlobalAveragePool

__all__ = ["give_unit_variance"]

_SIGNATURES = 128  # that the statistics are of


def give_unit_variance(
    keras: Any, architecture: Architecture, model: Any, inputs: list[np.ndarray]
) -> None:
    """Scale and shift the weights of a model's convolutions, in their order.

    The outputs of a layer, before its activation, then have mean 0 and variance 1 in each channel,
    over the signatures (Mishkin and Matas, "All you need is a good init", 2016; Krähenbühl et al.,
    "Data-dependent initializations of convolutional neural networks", 2016). For a layer before a
    global average, this holds for the average.

    Parameters
    ----------
    model:
        Keras model of `architecture`.
    inputs:
        Training set, the values of each input, (signatures, *shape); some of it is used.
    """
    some = np.linspace(0, len(inputs[0]) - 1, _SIGNATURES).astype(int)
    inputs = [array[some] for array in inputs]
    averaged = {
        name
        for node in architecture.nodes
        if isinstance(node.layer, GlobalAveragePool)
        for name in node.inputs
    }
    for node in architecture.nodes:
        if not isinstance(node.layer, Conv2d):
            continue
        layer = model.get_layer(node.name)
        taken = keras.Model(model.inputs, layer.input).predict(inputs, verbose=0)
        activation, layer.activation = layer.activation, keras.activations.linear
        sums = np.asarray(layer(taken))
        layer.activation = activation
        axes = tuple(range(sums.ndim - 1))
        mean = sums.mean(axis=axes)
        if node.name in averaged:
            sums = sums.mean(axis=axes[1:])
            axes = (0,)
        deviation = sums.std(axis=axes)
        deviation[deviation == 0] = 1  # a channel that no signature changes is only shifted
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel / deviation, (bias - mean) / deviation])
