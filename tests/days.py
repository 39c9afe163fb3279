"""Networks of other days: a network whose weights have changed, its neurons in another order."""

from dataclasses import replace

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network

__all__ = ["other_day"]


def other_day(
    network: Network, golden: GoldenData, seed: int, by: float = 0.05
) -> tuple[Network, GoldenData]:
    """A chain of dense layers with weights that changed ``by`` a fraction of their spread, and its
    golden data: the same samples, with its own outputs."""
    random = np.random.default_rng(seed)
    layers = list(network.layers)
    for index, layer in enumerate(layers):
        spread = by * layer.weights.std()
        weights = layer.weights + random.normal(0, spread, layer.weights.shape)
        layers[index] = replace(layer, weights=weights, bias=layer.bias * (1 + by))
    for index in range(len(layers) - 1):
        layer, after = layers[index : index + 2]
        order = random.permutation(layer.units)
        layers[index] = replace(layer, weights=layer.weights[:, order], bias=layer.bias[order])
        layers[index + 1] = replace(after, weights=after.weights[order])
    other = replace(network.with_layers(layers), name="other_day")
    return other, replace(golden, y=other.forward(golden.x))
