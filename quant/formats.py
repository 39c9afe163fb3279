"""Formats of all signal nodes of a network, and the integer model that they make of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from build_decoder.models.network import Network, Node
from build_decoder.quant.activations.forms import Forms, built_forms
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layer import Kind, LayerQuantiser, Parts
from build_decoder.quant.layers import quantiser_of
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.qformat import QFormat

__all__ = [
    "INPUT",
    "NetworkFormats",
    "NodeKey",
    "edge_formats",
    "free_nodes",
    "integer_model",
    "node_formats",
    "origin",
    "place_of",
    "ranks",
    "weight_roles",
]

INPUT = "input"
"""Role of a network's input, and of the input of a layer with weights, which has the format of the
node that it comes from."""


class NodeKey(NamedTuple):
    """A signal node: the name of a layer, or of an input of the network, and a role."""

    node: str
    role: str


NetworkFormats = Mapping[NodeKey, QFormat]
"""A format for every free signal node: each input of the network, and each role of each layer. The
values between two layers have the format that the first of the two gives."""


def free_nodes(network: Network) -> list[NodeKey]:
    """All signal nodes with a format of their own, in data-flow order.

    Raises
    ------
    KeyError
        If there is no integer form of a layer's type.
    """
    keys = [NodeKey(item.name, INPUT) for item in network.given_inputs]
    for node in network.nodes:
        roles = quantiser_of(node.layer).roles(node.layer)
        keys += [NodeKey(node.name, role.name) for role in roles]
    return keys


def ranks(network: Network) -> Mapping[NodeKey, tuple[int, str]]:
    """A fixed order of signal nodes, for choices among equals: by layer, then by name of the role.

    An input counts as one of the first layer that takes it.
    """
    numbers = {node.name: number for number, node in enumerate(network.nodes, start=1)}
    for item in network.given_inputs:
        taken = {item.name} | {other.name for other in network.inputs if other.of == item.name}
        numbers[item.name] = next(
            number
            for number, node in enumerate(network.nodes, start=1)
            if taken & set(node.inputs)
        )
    return {key: (numbers[key.node], key.role) for key in free_nodes(network)}


def place_of(network: Network, name: str) -> str:
    """A layer, or the layer that first takes an input, as text for the user: by its number in a
    chain of dense layers, else by its name."""
    number, _ = next(rank for key, rank in ranks(network).items() if key.node == name)
    if network.is_dense_chain:
        return f"layer {number}"
    return f"layer {network.nodes[number - 1].name!r}"


def node_formats(formats: NetworkFormats, node: Node) -> Mapping[str, QFormat]:
    """Format of each role of a layer."""
    roles = quantiser_of(node.layer).roles(node.layer)
    return {role.name: formats[NodeKey(node.name, role.name)] for role in roles}


def edge_formats(network: Network, formats: NetworkFormats) -> Mapping[str, QFormat]:
    """Format of the values of every input and every layer, by its name."""
    edges = {}
    for item in network.inputs:
        edges[item.name] = formats[NodeKey(item.of or item.name, INPUT)]
    for node in network.nodes:
        taken = tuple(edges[name] for name in node.inputs)
        own = node_formats(formats, node)
        try:
            edges[node.name] = quantiser_of(node.layer).output(node.layer, taken, own)
        except ValueError as error:
            raise ValueError(f"layer {node.name!r}: {error}") from error
    return edges


def origin(network: Network, name: str) -> NodeKey | None:
    """The free node whose format the values of an input or a layer have, passed on by pools and the
    like; None if their format follows from several nodes."""
    for item in network.inputs:
        if item.name == name:
            return NodeKey(item.of or name, INPUT)
    node = next(node for node in network.nodes if node.name == name)
    if any(role.name == "output" for role in quantiser_of(node.layer).roles(node.layer)):
        return NodeKey(name, "output")
    return origin(network, node.inputs[0]) if len(node.inputs) == 1 else None


def integer_model(
    network: Network,
    formats: NetworkFormats,
    *,
    uniform_segments: int | None = None,
    headroom: int | None = None,
    also: Sequence[Network] = (),
) -> IntegerModel:
    """The integer model of ``network`` with ``formats``.

    Parameters
    ----------
    uniform_segments
        As for :func:`quant.activations.integer_activation`.
    headroom
        Makes weights writable: those of one sum may come to so many times what any sum's weights
        come to in ``network`` or in those of ``also``. None if weights are constants, as those of
        layers that are not trained always are.
    also
        Other networks of the same sizes, and nodes of the same names.

    Raises
    ------
    KeyError
        If there is no integer form of a layer's type.
    ValueError
        If a sum is wider than the widest format: the message names the layer and the role.
    """
    edges = edge_formats(network, formats)
    forms = built_forms(uniform_segments)
    room = None if headroom is None else _Headroom(headroom, also)

    def room_of(node: Node) -> _Headroom | None:
        return room if node.layer.trained else None

    return IntegerModel(
        network.name,
        tuple(
            ModelInput(item.name, item.shape, edges[item.name], item.of, item.walk)
            for item in network.inputs
        ),
        tuple(
            ModelNode(
                node.name,
                node.inputs,
                _integer_layer(network, node, formats, edges, forms, room_of(node)),
            )
            for node in network.nodes
        ),
    )


def _integer_layer(
    network: Network,
    node: Node,
    formats: NetworkFormats,
    edges: Mapping[str, QFormat],
    forms: Forms,
    room: "_Headroom | None",
):
    quantiser = quantiser_of(node.layer)
    own = node_formats(formats, node)
    parts = Parts(
        node.layer,
        network.input_shapes(node),
        tuple(edges[name] for name in node.inputs),
        own,
        partial(_nearest, node, quantiser, own, room),
        forms,
    )
    try:
        return quantiser.integer(parts)
    except ValueError as error:
        raise ValueError(f"layer {node.name!r}: {error}") from error


def _nearest(
    node: Node,
    quantiser: LayerQuantiser,
    formats: Mapping[str, QFormat],
    room: "_Headroom | None",
    name: str,
) -> RawArray:
    role = quantiser.arrays[name]
    array = RawArray.of(node.weights[name], formats[role])
    return array if room is None else replace(array, reach=room.reach(node, name, role, array))


class _Headroom(NamedTuple):
    """How far weights may reach: ``times`` as far as they, and those of ``also``, do."""

    times: int
    also: Sequence[Network]

    def reach(self, node: Node, name: str, role: str, array: RawArray) -> Reach:
        most = Reach.any(array.format, len(array.matrix))
        if role == "bias":
            return most
        arrays = [array] + [
            RawArray.of(other.weights[node.name][name], array.format) for other in self.also
        ]
        positive = [sums for each in arrays for sums in each.positive]
        negative = [sums for each in arrays for sums in each.negative]
        return Reach.of(positive, negative).times(self.times).within(most)


def weight_roles(network: Network, name: str) -> frozenset[str]:
    """Roles of a layer that are weights or biases; none of an input."""
    nodes = [node for node in network.nodes if node.name == name]
    return frozenset(
        role.name
        for node in nodes
        for role in quantiser_of(node.layer).roles(node.layer)
        if role.kind is Kind.WEIGHT
    )
