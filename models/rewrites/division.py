"""Attention in front of dense layers that decide need not divide its sums.

A mean is a sum ``n`` divided by another one, ``d``, which is above zero. With activations that
scale, such as ReLU, ``relu(n @ W + d * b)`` is ``d * relu(n / d @ W + b)``, and so on to the last
layer: all outputs have the factor ``d``, and the largest one stays the largest. So ``d`` is one
more input of a layer, whose weights are the layer's biases, and one more unit hands it on.
"""

from dataclasses import replace

import numpy as np

from build_decoder.models import activations
from build_decoder.models.architecture import Node
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.attention_sums import AttentionSums
from build_decoder.models.layers.dense import Dense
from build_decoder.models.limits import MAX_WIDTH
from build_decoder.models.network import Network
from build_decoder.models.rewrites.definition import Change, Rewrite
from build_decoder.models.rewrites.edit import is_output, with_nodes

__all__ = ["REWRITE"]


def _leave_out(network: Network) -> Change | None:
    for node in network.nodes:
        if isinstance(node.layer, Attention) and (behind := _dense_to_the_end(network, node)):
            sums = replace(node, layer=AttentionSums())
            *inner, last = (_with_denominator(each) for each in behind)
            inner = [_handing_it_on(each) for each in inner]
            changed = {each.name: (each,) for each in (sums, *inner, last)}
            return Change(with_nodes(network, changed), node.name)
    return None


def _dense_to_the_end(network: Network, node: Node) -> list[Node]:
    """The layers behind `node`, if they are a row of dense ones whose activations scale and that
    have room for the denominator; none otherwise."""
    found = []
    while not is_output(network, node.name):
        takers = network.users(node.name)
        if len(takers) != 1:
            return []
        (node,) = takers
        layer = node.layer
        if not isinstance(layer, Dense) or not activations.get(layer.activation).scales:
            return []
        if layer.units == MAX_WIDTH:
            return []
        found.append(node)
    return found


def _with_denominator(node: Node) -> Node:
    """The layer with its biases as the weights of one more input."""
    weights, bias = node.weights["weights"], node.weights["bias"]
    return replace(
        node, weights={"weights": np.vstack([weights, bias]), "bias": np.zeros_like(bias)}
    )


def _handing_it_on(node: Node) -> Node:
    """The layer with one more unit, which gives the last input."""
    weights, bias = node.weights["weights"], node.weights["bias"]
    handed = np.zeros((len(weights), 1))
    handed[-1] = 1
    return replace(
        node,
        layer=replace(node.layer, units=node.layer.units + 1),
        weights={"weights": np.hstack([weights, handed]), "bias": np.append(bias, 0.0)},
    )


REWRITE = Rewrite(
    "division",
    7,
    "division of attention left out, outputs of a sample have a factor and decide the same",
    _leave_out,
    types=(Attention, Dense),
    keeps_outputs=False,
    keeps_scores=False,
)
