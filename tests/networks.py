"""Chains of dense layers for tests, short to write."""

from collections.abc import Iterable

import numpy as np

from build_decoder.models.dense_view import DenseView
from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network

__all__ = ["dense", "dense_chain"]


def dense(units: int, activation: str, weights, bias) -> DenseView:
    """A dense layer with its weights."""
    return DenseView(units, activation, np.asarray(weights, float), np.asarray(bias, float))


def dense_chain(name: str, inputs: int, layers: Iterable[DenseView]) -> Network:
    """Dense layers that follow one another."""
    return Network.chain(
        name,
        inputs,
        [
            (Dense(layer.units, layer.activation), {"weights": layer.weights, "bias": layer.bias})
            for layer in layers
        ],
    )
