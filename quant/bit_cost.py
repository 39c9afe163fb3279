"""Cost of formats in bits: for networks whose hardware a search does not estimate."""

from build_decoder.models.network import Network
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey
from build_decoder.quant.layer import Kind
from build_decoder.quant.layers import quantiser_of

__all__ = ["BitCost"]

_WORDS_A_BIT = 200
"""Words of weight memory in which one bit costs as much as one bit of a datapath. A guess: a block
memory holds thousands of bits for what a few dozen bits of adders take."""


class BitCost:
    """``sum of widths + sum of bits of weight memory / 200``.

    Every signal node has a datapath of its width; weights and biases are stored as well.

    Parameters
    ----------
    network
        The network in floats.
    """

    def __init__(self, network: Network):
        self._prices = {NodeKey(item.name, INPUT): 1.0 for item in network.given_inputs}
        for node in network.nodes:
            quantiser = quantiser_of(node.layer)
            words = {
                role: node.weights[name].size for name, role in quantiser.arrays.items()
            }
            for role in quantiser.roles(node.layer):
                stored = words[role.name] if role.kind is Kind.WEIGHT else 0
                self._prices[NodeKey(node.name, role.name)] = 1.0 + stored / _WORDS_A_BIT

    def __call__(self, formats: NetworkFormats) -> float:
        return sum(price * formats[key].width for key, price in self._prices.items())
