"""Outputs of networks that have neurons of the first layer in common."""

from dataclasses import replace

import numpy as np

from build_decoder.models.network import Network, Node
from build_decoder.quant.by_neuron import ByNeuron

__all__ = ["ForwardOnce"]


class ForwardOnce:
    """Runs chains of dense layers on the same samples, each neuron of a first layer once: it has
    most of the weights.

    Parameters
    ----------
    x
        Inputs (samples, inputs).
    """

    def __init__(self, x: np.ndarray):
        self._x = x
        self._values = ByNeuron()

    def outputs(self, network: Network) -> np.ndarray:
        """What `Network.forward` gives, (samples, outputs)."""
        first = network.nodes[0].name

        def run(node: Node, tensors: list[np.ndarray]) -> np.ndarray:
            return self._first(node, tensors) if node.name == first else node.run(tensors)

        return network.forward(self._x, step=run)

    def _first(self, node: Node, tensors: list[np.ndarray]) -> np.ndarray:
        weights, bias = node.weights["weights"], node.weights["bias"]

        def find(new: list[int]) -> np.ndarray:
            layer = replace(node.layer, units=len(new))
            return layer.forward(tensors, {"weights": weights[:, new], "bias": bias[new]})

        return self._values.of(np.vstack([weights, bias]), node.layer.activation, find)
