"""Rounds real weights to the grid of a format."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network, Node
from build_decoder.quant.formats import NetworkFormats, NodeKey
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.qformat import QFormat

__all__ = ["CompensatedRounding", "NearestRounding", "WeightRounding", "on_grid"]

_DAMPING = 1.0
"""Variance that is added to every input, in units of the mean variance, for variations that the
samples do not show. With much less, errors cancel on these samples and not on others."""

_REMEMBERED = 64

_WEIGHT = "weight"
"""The role whose format decides how a layer's weights are rounded."""


class WeightRounding(Protocol):
    """Brings a layer's weights onto a grid."""

    def arrays(self, node: Node, weight: QFormat | None) -> Mapping[str, np.ndarray]:
        """Real arrays of a layer, to be rounded to the nearest that their formats hold.

        Parameters
        ----------
        weight
            Format of the layer's weights, whose rounding the biases make up for; None if the layer
            has no weights.
        """


def on_grid(network: Network, formats: NetworkFormats, rounding: WeightRounding) -> Network:
    """``network`` with the weights that ``rounding`` gives it in ``formats``; biases, which other
    formats hold, are as real as they were."""
    nodes = []
    for node in network.nodes:
        arrays = rounding.arrays(node, formats.get(NodeKey(node.name, _WEIGHT)))
        roles = quantiser_of(node.layer).arrays
        held = {
            name: format.nearest(arrays[name])
            for name, role in roles.items()
            if role != "bias"
            for format in [formats[NodeKey(node.name, role)]]
        }
        nodes.append(replace(node, weights={**arrays, **held}))
    return replace(network, nodes=tuple(nodes))


class NearestRounding:
    """Every weight to the nearest value that its format holds."""

    def arrays(self, node: Node, weight: QFormat | None) -> Mapping[str, np.ndarray]:
        return node.weights


class CompensatedRounding:
    """Weights of dense layers whose rounding errors cancel in the sums; of others, the nearest.

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
    statistics
        Statistics of the network's inputs by name, for networks on the same samples to share; what
        is missing is put in. Default: shared with none.
    """

    def __init__(
        self, network: Network, x: np.ndarray, statistics: dict[str, "_Statistics"] | None = None
    ):
        values = network.values(np.asarray(x, dtype=np.float64))
        self._of_inputs = {} if statistics is None else statistics
        self._inputs = {item.name for item in network.inputs}
        self._nodes = {
            node.name: (node, values[node.inputs[0]])
            for node in network.nodes
            if isinstance(node.layer, Dense)
        }
        self._rounded = lru_cache(_REMEMBERED)(self._compute_rounded)
        self._of_nodes: dict[str, _Statistics] = {}

    def arrays(self, node: Node, weight: QFormat | None) -> Mapping[str, np.ndarray]:
        return self._rounded(node.name, weight) if node.name in self._nodes else node.weights

    def _compute_rounded(self, name: str, format: QFormat) -> Mapping[str, np.ndarray]:
        weights, bias = (self._nodes[name][0].weights[array] for array in ("weights", "bias"))
        order, mean, factor = self._statistics(name)
        left = weights[order]
        rounded = np.empty_like(left)
        for index in range(len(left)):
            rounded[index] = format.nearest(left[index])
            error = (left[index] - rounded[index]) / factor[index, index]
            left[index + 1 :] -= factor[index, index + 1 :, None] * error
        placed = np.empty_like(rounded)
        placed[order] = rounded
        return {"weights": placed, "bias": bias + mean @ (weights - placed)}

    def _statistics(self, name: str) -> "_Statistics":
        node, x = self._nodes[name]
        (source,) = node.inputs
        known = self._of_inputs if source in self._inputs else self._of_nodes
        if source not in known:
            known[source] = _Statistics.of(x)
        return known[source]


class _Statistics(NamedTuple):
    """What decides how rounding errors cancel.

    Attributes
    ----------
    order
        Of the inputs, greatest variance first.
    mean
        Of each input.
    factor
        In that order, the upper factor U of the inverse covariance, ``U.T @ U``.
    """

    order: np.ndarray
    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> "_Statistics":
        """Those of samples ``x`` (samples, inputs)."""
        mean = x.mean(axis=0)
        covariance = (x - mean).T @ (x - mean) / len(x)
        order = np.argsort(-np.diag(covariance), kind="stable")
        covariance = covariance[np.ix_(order, order)]
        damping = _DAMPING * np.diag(covariance).mean() or 1.0
        covariance[np.diag_indices_from(covariance)] += damping
        factor = np.linalg.cholesky(np.linalg.inv(covariance)).T
        return cls(order, mean, factor)
