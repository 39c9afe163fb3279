"""How real weights become weights on the grid of a format."""

from dataclasses import replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from build_decoder.models.network import Network
from build_decoder.quant.formats import NetworkFormats
from build_decoder.quant.qformat import QFormat

__all__ = ["CompensatedRounding", "NearestRounding", "WeightRounding", "on_grid"]

_DAMPING = 1.0
"""Variance added to every input, in mean variances: what the samples do not show of it. With much
less, errors cancel on the samples and not on others."""

_REMEMBERED = 64


class WeightRounding(Protocol):
    """Brings a layer's weights onto a grid."""

    def layer(self, number: int, format: QFormat) -> tuple[np.ndarray, np.ndarray]:
        """Real weights (inputs, units) of layer ``number``, from 1, that ``format`` holds exactly,
        and real biases (units,), which have no format yet."""


def on_grid(network: Network, formats: NetworkFormats, rounding: WeightRounding) -> Network:
    """``network`` with the weights that ``rounding`` gives it in ``formats``."""
    layers = []
    for number, layer in enumerate(network.layers, start=1):
        weights, bias = rounding.layer(number, formats[number, "weight"])
        layers.append(replace(layer, weights=weights, bias=bias))
    return network.with_layers(layers)


class NearestRounding:
    """Every weight to the nearest value that its format holds."""

    def __init__(self, network: Network):
        self._network = network

    def layer(self, number: int, format: QFormat) -> tuple[np.ndarray, np.ndarray]:
        layer = self._network.layers[number - 1]
        return format.to_real(format.quantise(layer.weights)), layer.bias


class CompensatedRounding:
    """Weights whose rounding errors cancel in the sums.

    Weights are rounded one input after the other, and what an input's rounding does to a neuron's
    sum is made good, as far as inputs are correlated, by the weights that are still to be rounded:
    of those, the change that least changes the sum's mean square is taken (optimal brain surgery
    under the constraint that one weight takes its rounded value). What remains of the mean goes
    into the bias. Only the inputs' covariance on the samples is used, neither labels nor outputs.

    Parameters
    ----------
    network
        The network in floats.
    x
        Its inputs (samples, inputs).
    """

    def __init__(self, network: Network, x: np.ndarray):
        self._network = network
        self._inputs = [np.asarray(x, dtype=np.float64)]
        for layer in network.layers[:-1]:
            self._inputs.append(layer.forward(self._inputs[-1]))
        self.layer = lru_cache(_REMEMBERED)(self._layer)
        self._statistics = lru_cache(len(network.layers))(self._compute_statistics)

    def _layer(self, number: int, format: QFormat) -> tuple[np.ndarray, np.ndarray]:
        layer = self._network.layers[number - 1]
        order, mean, factor = self._statistics(number)
        left = layer.weights[order]
        rounded = np.empty_like(left)
        for index in range(len(left)):
            rounded[index] = format.to_real(format.quantise(left[index]))
            error = (left[index] - rounded[index]) / factor[index, index]
            left[index + 1 :] -= factor[index, index + 1 :, None] * error
        weights = np.empty_like(rounded)
        weights[order] = rounded
        return weights, layer.bias + mean @ (layer.weights - weights)

    def _compute_statistics(self, number: int):
        """Order of inputs, greatest variance first; their means; and, in that order, the upper
        factor U of the inverse covariance, ``U.T @ U``."""
        x = self._inputs[number - 1]
        mean = x.mean(axis=0)
        covariance = (x - mean).T @ (x - mean) / len(x)
        order = np.argsort(-np.diag(covariance), kind="stable")
        covariance = covariance[np.ix_(order, order)]
        damping = _DAMPING * np.diag(covariance).mean() or 1.0
        covariance[np.diag_indices_from(covariance)] += damping
        factor = np.linalg.cholesky(np.linalg.inv(covariance)).T
        return order, mean, factor
