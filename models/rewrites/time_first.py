"""Time is made the slow axis of images, so that hardware runs as columns come.

A convolution or a pool keeps what its window still needs: with time as the slow axis that is a few
columns of all contacts, and with contacts as the slow axis a few contacts for all time.

The rule: an image that layers take as it is given has its time along its columns, (places, time,
channels), if it has more than one; nerve-cuff images are (contacts, samples, 1). An image of one
column, (time, 1, channels), has it along its rows already. Images are turned only where a window
of a convolution or pool spans more than one value, and only if everything that they reach can
follow: otherwise they stay as they are.

Samples keep the order in which they are given. What layers take is an input that repeats the given
one column by column; one that repeated it in an order of its own gets that order turned.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from build_decoder.models.architecture import Input, Node
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.stride import Stride
from build_decoder.models.network import Network
from build_decoder.models.rewrites.definition import Change, Rewrite
from build_decoder.models.rewrites.dense_rows import reordered
from build_decoder.models.rewrites.edit import fresh_name, is_output
from build_decoder.models.rewrites.turned_walk import turned_walk

__all__ = ["REWRITE"]


def _turn(network: Network) -> Change | None:
    for item in network.given_inputs:
        if len(item.shape) == 3 and item.shape[1] > 1:
            change = _turned(network, _linked_images(network, item.name))
            if change is not None:
                return change
    return None


def _linked_images(network: Network, start: str) -> frozenset[str]:
    """The images that layers link to the one called `start`: all are turned, or none."""
    images = {name for name, shape in network.shapes.items() if len(shape) == 3}
    links = [images.intersection((node.name, *node.inputs)) for node in network.nodes]
    linked = {start}
    while True:
        more = linked.union(*(link for link in links if link & linked))
        if more == linked:
            return frozenset(linked)
        linked = more


def _turned(network: Network, images: frozenset[str]) -> Change | None:
    nodes = [node for node in network.nodes if images.intersection((node.name, *node.inputs))]
    windows = [node for node in nodes if _window(node) != (1, 1)]
    followed = any(is_output(network, name) for name in images)
    if followed or not windows or not all(map(_can_turn, nodes)):
        return None
    inputs = _turned_inputs(network, images)
    if inputs is None:
        return None
    permuted: list[str] = []
    for node in nodes:
        if isinstance(node.layer, Flatten):
            found = reordered(network, node.name, _turned_order(network.shapes[node.inputs[0]]))
            if found is None:
                return None
            network, more = found
            permuted += (name for name in more if name not in permuted)
    where = " and ".join(item.name for item in network.inputs if item.name in images)
    if permuted:
        where += f" (rows of {' and '.join(permuted)} permuted)"
    return Change(_with_turned(network, images, inputs), where)


def _window(node: Node) -> tuple[int, int]:
    """Rows and columns that a layer takes for one of its outputs."""
    match node.layer:
        case Conv2d():
            return node.layer.kernel
        case AveragePool() | MaxPool() | Stride():
            return node.layer.size
    return (1, 1)


def _can_turn(node: Node) -> bool:
    return node.layer.turned(node.weights) is not None


def _turned_node(node: Node, renamed: Mapping[str, str]) -> Node:
    inputs = tuple(renamed.get(name, name) for name in node.inputs)
    layer, weights = node.layer.turned(node.weights)
    return Node(node.name, inputs, layer, weights)


def _turned_inputs(network: Network, images: frozenset[str]) -> dict[str, Input] | None:
    """The turned input for each input among `images`; None if the order of one cannot be turned."""
    names = {*network.shapes}
    turned = {}
    for item in network.inputs:
        if item.name not in images:
            continue
        walk = turned_walk(item.shape, item.walk)
        if walk is None:
            return None
        rows, columns, channels = item.shape
        name = fresh_name(names, item.name, "_by_time") if item.of is None else item.name
        shape = (columns, rows, channels)
        turned[item.name] = Input(name, shape, of=item.of or item.name, walk=walk)
    return turned


def _turned_order(shape: tuple[int, int, int]) -> np.ndarray:
    """Place of each value of a turned and flattened image in the image flattened as it was."""
    return np.arange(np.prod(shape)).reshape(shape).swapaxes(0, 1).reshape(-1)


def _with_turned(
    network: Network, images: frozenset[str], turned: Mapping[str, Input]
) -> Network:
    inputs: list[Input] = []
    for item in network.inputs:
        if item.name not in turned or item.of is None:
            inputs.append(item)  # samples are given as before
        if item.name in turned:
            inputs.append(turned[item.name])
    renamed = {name: item.name for name, item in turned.items()}
    nodes = (
        node if images.isdisjoint((node.name, *node.inputs)) else _turned_node(node, renamed)
        for node in network.nodes
    )
    return replace(network, inputs=tuple(inputs), nodes=tuple(nodes))


REWRITE = Rewrite(
    "time_first",
    6,
    "time made the slow axis of images",
    _turn,
    types=(Affine, AveragePool, Conv2d, Dense, MaxPool, Stride),
)
