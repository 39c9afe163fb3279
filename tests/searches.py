"""Searches for formats that minimise the area of a decoder."""

from functools import partial

from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.quantise import Quantised
from build_decoder.quant.quantise import quantise as quantise_for

SERIES_7 = partial(AreaCost, family=XC7)
"""The cost of decoders on the 7 series."""


def quantise(network: Network, golden: GoldenData, **options) -> Quantised:
    """:func:`quant.quantise.quantise` for the 7 series."""
    return quantise_for(network, golden, **{"cost": SERIES_7, **options})
