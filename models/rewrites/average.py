"""A linear layer before a global average is moved behind it, where it runs once a sample."""

from dataclasses import replace

from build_decoder.models.architecture import Node
from build_decoder.models.layer import Layer
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.network import Network
from build_decoder.models.rewrites.definition import Change, Rewrite
from build_decoder.models.rewrites.edit import node_of, with_nodes

__all__ = ["REWRITE"]


def _move(network: Network) -> Change | None:
    for average in network.nodes:
        if not isinstance(average.layer, GlobalAveragePool):
            continue
        linear = node_of(network, average.inputs[0])
        if linear is None or len(network.users(linear.name)) > 1:
            continue
        layer = _of_vectors(linear.layer)
        if layer is not None:
            return Change(_swapped(network, linear, average, layer), linear.name)
    return None


def _of_vectors(layer: Layer) -> Layer | None:
    """The layer that does to a vector of channels what `layer` does at each place of an image.

    None if `layer` is not linear, or does not treat each place by itself.
    """
    match layer:
        case Affine():
            return layer
        case Conv2d(kernel=(1, 1), activation="linear"):
            return Dense(layer.filters, "linear")
    return None


def _swapped(network: Network, linear: Node, average: Node, layer: Layer) -> Network:
    weights = dict(linear.weights)
    if isinstance(layer, Dense):
        weights["weights"] = weights["weights"][0, 0]
    behind = replace(linear, inputs=(average.name,), layer=layer, weights=weights)
    return with_nodes(
        network,
        {linear.name: (replace(average, inputs=linear.inputs),), average.name: (behind,)},
        {average.name: linear.name},
    )


REWRITE = Rewrite(
    "average",
    4,
    "linear layers moved behind the global average",
    _move,
    types=(Affine, Conv2d, GlobalAveragePool),
)
