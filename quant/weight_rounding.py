"""Rounds real weights to the grid of a format."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network, Node
from build_decoder.quant.error_feedback import ErrorFeedback, feedback_of
from build_decoder.quant.formats import NetworkFormats, NodeKey
from build_decoder.quant.input_statistics import InputStatistics
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.rounded_once import RoundedOnce

__all__ = ["CompensatedRounding", "NearestRounding", "WeightRounding", "on_grid"]

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

    See :mod:`quant.error_feedback`. What remains of the mean goes into the bias.

    Parameters
    ----------
    network
        The network in floats.
    x
        Its inputs (samples, inputs).
    statistics
        Of these inputs, which networks on the same samples share. Default: shared with none.
    """

    def __init__(
        self, network: Network, x: np.ndarray, statistics: InputStatistics | None = None
    ):
        values = network.values(np.asarray(x, dtype=np.float64))
        self._of_inputs = statistics or InputStatistics()
        self._of_nodes = InputStatistics()
        self._inputs = {item.name for item in network.inputs}
        self._nodes = {
            node.name: (node, values[node.inputs[0]])
            for node in network.nodes
            if isinstance(node.layer, Dense)
        }
        self._rounded = lru_cache(_REMEMBERED)(self._compute_rounded)

    def arrays(self, node: Node, weight: QFormat | None) -> Mapping[str, np.ndarray]:
        return self._rounded(node.name, weight) if node.name in self._nodes else node.weights

    def _compute_rounded(self, name: str, format: QFormat) -> Mapping[str, np.ndarray]:
        weights, bias = (self._nodes[name][0].weights[array] for array in ("weights", "bias"))
        feedback = self._feedback(name)
        rounded = feedback.rounded(weights, format)
        return {"weights": rounded, "bias": bias + feedback.mean @ (weights - rounded)}

    def _feedback(self, name: str) -> ErrorFeedback:
        node, x = self._nodes[name]
        (source,) = node.inputs
        if source in self._inputs:
            return self._of_inputs.of(source, RoundedOnce.by_samples, x)
        return self._of_nodes.of(source, feedback_of, x)
