"""Formats of all signal nodes of a network, and the integer model that they make of it."""

from collections.abc import Mapping

from build_decoder.models.network import Network
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.dense import NODES, Dense
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat

__all__ = ["NetworkFormats", "NodeKey", "format_of", "integer_layer", "integer_model"]

NodeKey = tuple[int, str]
"""A signal node: the layer, counted from 1, and a name of NODES."""

NetworkFormats = Mapping[NodeKey, QFormat]
"""A format for every node that is free: all of NODES a layer, but ``input`` of the first alone,
since a later layer's input is the output of the layer before it."""


def format_of(formats: NetworkFormats, layer: int, node: str) -> QFormat:
    """Format of a node, free or not."""
    if node == "input" and layer > 1:
        return formats[layer - 1, "output"]
    return formats[layer, node]


def integer_layer(
    network: Network,
    formats: NetworkFormats,
    number: int,
    *,
    uniform_segments: int | None = None,
) -> Dense:
    """Layer ``number``, counted from 1, of ``network`` in integers.

    An accumulator keeps no more fraction bits than its products have. ``uniform_segments`` is as
    for :func:`quant.activations.integer_activation`.
    """
    layer = network.layers[number - 1]
    node = {name: format_of(formats, number, name) for name in NODES}
    accumulator = node["accumulator"]
    fraction = min(accumulator.fraction, node["input"].fraction + node["weight"].fraction)
    accumulator = QFormat(max(accumulator.integer, 1 - fraction), fraction, accumulator.signed)
    return Dense(
        input=node["input"],
        weight=node["weight"],
        accumulator=accumulator,
        bias=node["bias"],
        weights=node["weight"].quantise(layer.weights),
        biases=node["bias"].quantise(layer.bias),
        activation=integer_activation(
            layer.activation, node["sum"], node["output"], uniform_segments=uniform_segments
        ),
    )


def integer_model(
    network: Network, formats: NetworkFormats, *, uniform_segments: int | None = None
) -> IntegerModel:
    """The integer model of ``network`` with ``formats``.

    ``uniform_segments`` is as for :func:`quant.activations.integer_activation`.
    """
    return IntegerModel(
        network.name,
        tuple(
            integer_layer(network, formats, number, uniform_segments=uniform_segments)
            for number in range(1, len(network.layers) + 1)
        ),
    )
