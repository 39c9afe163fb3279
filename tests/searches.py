"""Searches for formats that minimise the area of a decoder."""

from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.quantise import Quantised
from build_decoder.quant.quantise import quantise as quantise_for


def quantise(network: Network, golden: GoldenData, **options) -> Quantised:
    """:func:`quant.quantise.quantise` with the cost that decoders are built for."""
    return quantise_for(network, golden, **{"cost": AreaCost, **options})
