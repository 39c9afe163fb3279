"""Signal nodes that have one format, so that one piece of hardware may serve several layers."""

from collections.abc import Mapping

from build_decoder.models.layer import Layer
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.network import Network
from build_decoder.models.rows import rows_of
from build_decoder.quant.formats import NodeKey, free_nodes
from build_decoder.quant.layers import quantiser_of

__all__ = ["alike_nodes"]

_OWN = frozenset({"weight", "recurrent"})
"""Roles that come before a cell: products of any format go through the same multipliers."""


def alike_nodes(network: Network) -> Mapping[NodeKey, tuple[NodeKey, ...]]:
    """For each free node, all that have the format that it has, itself among them.

    LSTMs, or GRUs, that follow each other and take the first step first may share multipliers
    (:class:`hdl.stack.plan.StackPlan`), and the cell behind them too if what goes through it has
    the same formats in each layer: all roles but those of the weights.
    """
    alike = {key: (key,) for key in free_nodes(network)}
    if network.continuous:
        return alike
    for row in rows_of(network.nodes, _stacks):
        for role in quantiser_of(row[0].layer).roles(row[0].layer):
            if role.name not in _OWN:
                keys = tuple(NodeKey(node.name, role.name) for node in row)
                alike.update(dict.fromkeys(keys, keys))
    return alike


def _stacks(layer: Layer) -> bool:
    return isinstance(layer, Lstm | Gru) and not layer.backward
