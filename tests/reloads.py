"""Reloadable decoders for tests: random models of one layout, each fit for the same hardware."""

from dataclasses import replace

import numpy as np

from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat

__all__ = ["built_model", "other_model"]


def built_model(
    widths=(11, 7, 3),
    activations=("sigmoid", "tanh"),
    *,
    weight: QFormat = QFormat(1, 5),
    bias: QFormat = QFormat(2, 4),
    sum: QFormat = QFormat(4, 4),
    input: QFormat = QFormat(4, 0, signed=False),
) -> IntegerModel:
    """A chain of dense layers of random weights, whose sums hold those of any others."""
    random = np.random.default_rng(99)
    layers, format = [], input
    for inputs, units, activation in zip(widths, widths[1:], activations, strict=False):
        weights = random.integers(weight.min_raw, weight.max_raw + 1, (inputs, units))
        biases = random.integers(bias.min_raw, bias.max_raw + 1, units)
        accumulator = QFormat(8, min(3, format.fraction + weight.fraction))
        layers.append(
            Dense(
                input=format, weight=weight, accumulator=accumulator, bias=bias,
                weights=weights, biases=biases,
                activation=integer_activation(activation, sum, QFormat(2, 5)),
                reach=Reach.any(weight, inputs),
            )
        )
        format = layers[-1].output
    return IntegerModel.chain("built", tuple(layers))


def other_model(built: IntegerModel, seed: int) -> IntegerModel:
    """The same with random weights and biases."""
    random = np.random.default_rng(seed)

    def drawn(format: QFormat, shape) -> np.ndarray:
        return random.integers(format.min_raw, format.max_raw + 1, shape)

    nodes = [
        replace(
            node,
            layer=replace(
                node.layer,
                weights=drawn(node.layer.weight, node.layer.weights.shape),
                biases=drawn(node.layer.bias, node.layer.biases.shape),
            ),
        )
        for node in built.nodes
    ]
    return replace(built, name=f"other {seed}", nodes=tuple(nodes))
