"""The base of the families with two branches."""

from build_decoder.models.architecture import Architecture, Input, Node
from build_decoder.models.layer import Layer
from build_decoder.models.nerve_cuff.cuff import NerveCuff

__all__ = ["EMPHASES", "two_branches"]

EMPHASES = ("spatial", "temporal")

NamedLayers = list[tuple[str, Layer]]


def two_branches(
    name: str, cuff: NerveCuff, branch: NamedLayers, trunk: NamedLayers
) -> Architecture:
    """Two chains of the same layers, with weights of their own, then `trunk` on both together.

    The inputs are the signature with spatial and with temporal emphasis
    (`NerveCuff.temporal_walk`), (channels, samples, 1) each.
    """
    nodes: list[Node] = []
    ends = []
    for emphasis in EMPHASES:
        last = emphasis
        for layer_name, layer in branch:
            nodes.append(Node(f"{emphasis}_{layer_name}", (last,), layer))
            last = nodes[-1].name
        ends.append(last)
    taken = tuple(ends)
    for layer_name, layer in trunk:
        nodes.append(Node(layer_name, taken, layer))
        taken = (layer_name,)
    shape = (cuff.channels, cuff.samples, 1)
    spatial, temporal = EMPHASES
    inputs = (
        Input(spatial, shape),
        Input(temporal, shape, of=spatial, walk=cuff.temporal_walk()),
    )
    return Architecture(name, inputs, tuple(nodes))
