"""BWS-IBW: integer bits by dynamic range (AHEAD, Section 4.3)."""

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.formats import NetworkFormats
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import format_holding, observed_values

__all__ = ["PERFECT_FRACTION", "select_integer_bits"]

PERFECT_FRACTION = 20
"""Fraction bits of a perfect format: AHEAD's default, and Perf_FBW of its Equation 10."""


def select_integer_bits(network: Network, golden: GoldenData) -> NetworkFormats:
    """Perfect formats with the fewest integer bits that hold all values on ``golden``.

    All nodes are signed, as the paper's Q-format is (Section 3.3). The paper profiles its perfect
    fixed-point model; the float model's ranges are the same but for the last of 20 bits.
    """
    held = observed_values(network, golden.x, values=golden.task.keeps_values)
    return {key: _perfect(values) for key, values in held.items()}


def _perfect(values) -> QFormat:
    integer = format_holding(values, PERFECT_FRACTION, signed=True, approached=True).integer
    return QFormat(integer, max(PERFECT_FRACTION, 1 - integer))
