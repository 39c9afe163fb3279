"""A bidirectional layer is split into a forward layer, a backward one and a concat of both."""

from dataclasses import replace

from build_decoder.models.architecture import Node
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.concat import Concat
from build_decoder.models.network import Network
from build_decoder.models.rewrites.definition import Change, Rewrite
from build_decoder.models.rewrites.edit import fresh_name, with_nodes

__all__ = ["REWRITE"]


def _split(network: Network) -> Change | None:
    for node in network.nodes:
        if isinstance(node.layer, Bidirectional):
            names = {*network.shapes}
            ways = tuple(_way(node, way, names) for way in ("forward", "backward"))
            # The concat has the old name, so that those after it take it as before.
            both = Node(node.name, tuple(way.name for way in ways), Concat())
            return Change(with_nodes(network, {node.name: (*ways, both)}), node.name)
    return None


def _way(node: Node, way: str, names: set[str]) -> Node:
    start = f"{way}_"
    weights = {
        key.removeprefix(start): array
        for key, array in node.weights.items()
        if key.startswith(start)
    }
    layer = replace(node.layer.layer, backward=way == "backward")
    return Node(fresh_name(names, node.name, f"_{way}"), node.inputs, layer, weights)


REWRITE = Rewrite(
    "bidirectional",
    2,
    "bidirectional layers split into forward and backward ones",
    _split,
    types=(Bidirectional,),
)
