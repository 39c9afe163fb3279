"""Images of which one row alone is taken in the end become images of one row.

A convolution over all contacts without padding, as those of EEG have it, is the one row of a
padded convolution that later layers take: the dense layers have zeros for all others. What takes a
step's rows as channels computes that row alone, and so do the layers behind it.
"""

from dataclasses import replace

import numpy as np

from build_decoder.models.architecture import Node
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.steps import Steps
from build_decoder.models.layers.stride import Stride
from build_decoder.models.network import Network
from build_decoder.models.rewrites.definition import Change, Rewrite
from build_decoder.models.rewrites.edit import fresh_name, with_nodes

__all__ = ["REWRITE"]


def _reduce(network: Network) -> Change | None:
    for node in network.nodes:
        if isinstance(node.layer, Conv2d) and network.shapes[node.name][1] > 1:
            flat = _flattened(network, node)
            taken = [] if flat is None else _rows_taken(network, flat)
            if len(taken) == 1:
                return Change(_with_one(network, node, flat, taken[0]), node.name)
    return None


def _flattened(network: Network, node: Node) -> Node | None:
    """The flattening that the outputs of a convolution reach, row by row and in no other way."""
    while True:
        takers = network.users(node.name)
        if len(takers) != 1:
            return None
        (node,) = takers
        if isinstance(node.layer, Flatten):
            return node
        if not _is_row_by_row(node):
            return None


def _is_row_by_row(node: Node) -> bool:
    match node.layer:
        case Affine():
            return True
        case Conv2d():
            return node.layer.kernel[1] == 1
        case AveragePool() | MaxPool() | Stride():
            return node.layer.size[1] == 1
    return False


def _rows_taken(network: Network, flat: Node) -> list[int]:
    """The rows that dense layers behind a flattening have weights for."""
    takers = network.users(flat.name)
    if not takers or not all(isinstance(taker.layer, Dense) for taker in takers):
        return []
    shape = network.shapes[flat.inputs[0]]
    taken = [
        np.any(taker.weights["weights"].reshape(*shape, -1) != 0, axis=(0, 2, 3))
        for taker in takers
    ]
    return np.flatnonzero(np.any(taken, axis=0)).tolist()


def _with_one(network: Network, node: Node, flat: Node, row: int) -> Network:
    """`network` with `row` alone from the convolution `node` to the flattening on."""
    shape = network.shapes[flat.inputs[0]]
    instead = {}
    for taker in network.users(flat.name):
        weights = taker.weights["weights"].reshape(*shape, -1)[:, row]
        weights = {**taker.weights, "weights": weights.reshape(shape[0] * shape[2], -1)}
        instead[taker.name] = (replace(taker, weights=weights),)
    _, rows, channels = network.shapes[node.inputs[0]]
    names = {*network.shapes}
    series = fresh_name(names, node.name, "_rows")
    image = fresh_name(names, node.name, "_row")
    products = node.weights["weights"]
    steps, high, _, filters = products.shape
    weights = np.zeros((steps, 1, rows, channels, filters))
    first = row - (high - 1) // 2
    for place in range(max(first, 0), min(first + high, rows)):
        weights[:, 0, place] = products[:, place - first]
    weights = weights.reshape(steps, 1, rows * channels, filters)
    layer = Conv2d(filters, (steps, 1), node.layer.activation)
    made = Node(node.name, (image,), layer, {**node.weights, "weights": weights})
    formed = Node(series, node.inputs, Steps()), Node(image, (series,), Steps())
    return with_nodes(network, {**instead, node.name: (*formed, made)})


REWRITE = Rewrite(
    "one_row",
    7,
    "rows that nothing takes left out",
    _reduce,
    types=(Conv2d, Dense),
)
