"""Copies of networks in which single nodes are changed, replaced or left out."""

import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from build_decoder.models.architecture import Node
from build_decoder.models.network import Network

__all__ = ["fresh_name", "is_output", "node_of", "with_nodes", "with_weights", "without"]

_LONGEST_NAME = 64


def node_of(network: Network, name: str) -> Node | None:
    """The node called `name`; None where that is an input."""
    return next((node for node in network.nodes if node.name == name), None)


def is_output(network: Network, name: str) -> bool:
    """Whether the values called `name` are the network's outputs."""
    return network.nodes[-1].name == name


def with_nodes(
    network: Network,
    instead: Mapping[str, tuple[Node, ...]],
    renamed: Mapping[str, str] | None = None,
) -> Network:
    """`network` with some nodes replaced by others.

    Parameters
    ----------
    instead:
        The new nodes, by the name of the node that they replace.
    renamed:
        New names of values, by the old ones, in the inputs of all nodes that stay.
    """
    renamed = renamed or {}
    nodes: list[Node] = []
    for node in network.nodes:
        if node.name in instead:
            nodes += instead[node.name]
        elif renamed.keys().isdisjoint(node.inputs):
            nodes.append(node)
        else:
            taken = tuple(renamed.get(name, name) for name in node.inputs)
            nodes.append(replace(node, inputs=taken))
    return replace(network, nodes=tuple(nodes))


def with_weights(network: Network, name: str, **weights: np.ndarray) -> Network:
    """`network` with other arrays of the node called `name`."""
    node = node_of(network, name)
    return with_nodes(network, {name: (replace(node, weights={**node.weights, **weights}),)})


def without(network: Network, node: Node) -> Network | None:
    """`network` without a node of one input: its users take that input instead.

    None if the outputs would then come from no layer.
    """
    (taken,) = node.inputs
    if is_output(network, node.name) and node_of(network, taken) is None:
        return None
    return with_nodes(network, {node.name: ()}, {node.name: taken})


def fresh_name(taken: set[str], name: str, end: str) -> str:
    """A new name: `name` and `end`, shortened and numbered if necessary; it is added to `taken`."""
    for number in itertools.count(1):
        full_end = end if number == 1 else f"{end}_{number}"
        found = name[: _LONGEST_NAME - len(full_end)] + full_end
        if found not in taken:
            taken.add(found)
            return found
