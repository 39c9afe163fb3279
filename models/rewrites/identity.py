"""Layers that hand their values on are left out."""

import numpy as np

from build_decoder.models.architecture import Node
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.stride import Stride
from build_decoder.models.network import Network
from build_decoder.models.rewrites.definition import Change, Rewrite
from build_decoder.models.rewrites.edit import without

__all__ = ["REWRITE"]


def _hands_on(network: Network, node: Node) -> bool:
    match node.layer:
        case Dropout():
            return True
        case Flatten():
            return len(network.shapes[node.inputs[0]]) == 1
        case AveragePool() | MaxPool() | Stride():
            return node.layer.size == (1, 1)
        case Affine():
            return bool(np.all(node.weights["scale"] == 1) and np.all(node.weights["shift"] == 0))
    return False


def _leave_out(network: Network) -> Change | None:
    for node in network.nodes:
        if _hands_on(network, node) and (rest := without(network, node)):
            return Change(rest, node.name)
    return None


REWRITE = Rewrite(
    "identity",
    1,
    "layers that hand their values on left out",
    _leave_out,
    types=(Affine, AveragePool, Dropout, Flatten, MaxPool, Stride),
)
