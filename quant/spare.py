"""Formats with room for weights that are trained later, on other days."""

from build_decoder.models.network import Network
from build_decoder.quant.formats import NetworkFormats, weight_roles
from build_decoder.quant.qformat import QFormat

__all__ = ["HEADROOM", "with_spare_bits"]

HEADROOM = 2
"""How many times as far as the weights of today those of another day may reach, sum by sum."""

_SPARE = 1
"""Bits that are added at either end: weights of another day may be larger, and need to be rounded
as finely where what was searched for them is not there to make up for it."""


def with_spare_bits(network: Network, formats: NetworkFormats) -> NetworkFormats:
    """``formats`` with one more integer bit and one more fraction bit of all weights and biases."""
    return {
        key: QFormat(format.integer + _SPARE, format.fraction + _SPARE, format.signed)
        if key.role in weight_roles(network, key.node)
        else format
        for key, format in formats.items()
    }
