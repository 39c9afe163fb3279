"""Factors and terms of normalisations are folded into the weights of the layers around them."""

from build_decoder.models.architecture import Node
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.network import Network
from build_decoder.models.rewrites.absorb import absorbed, can_be_weights
from build_decoder.models.rewrites.definition import Change, Rewrite
from build_decoder.models.rewrites.edit import node_of, with_weights, without

__all__ = ["REWRITE"]


def _fold(network: Network) -> Change | None:
    for node in network.nodes:
        if isinstance(node.layer, Affine) and (
            change := _into_layer_before(network, node) or _into_layers_after(network, node)
        ):
            return change
    return None


def _into_layer_before(network: Network, node: Node) -> Change | None:
    before = node_of(network, node.inputs[0])
    if before is None or len(network.users(before.name)) > 1:
        return None
    if not isinstance(before.layer, Dense | Conv2d) or before.layer.activation != "linear":
        return None
    scale, shift = node.weights["scale"], node.weights["shift"]
    # Right at the edges of an image too: outputs are what is scaled, and pads are inputs.
    arrays = {
        "weights": before.weights["weights"] * scale,
        "bias": before.weights["bias"] * scale + shift,
    }
    if not can_be_weights(*arrays.values()):
        return None
    folded = without(with_weights(network, before.name, **arrays), node)
    return Change(folded, f"{node.name} into {before.name}")


def _into_layers_after(network: Network, node: Node) -> Change | None:
    found = absorbed(network, node.name, node.weights["scale"], node.weights["shift"])
    if found is None:
        return None
    folded, names = found
    return Change(without(folded, node), f"{node.name} into {' and '.join(names)}")


REWRITE = Rewrite(
    "affine",
    3,
    "factors and terms folded into weights",
    _fold,
    types=(Affine, Conv2d, Dense, Gru, Lstm),
)
