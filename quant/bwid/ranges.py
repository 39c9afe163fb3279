"""BWS-IBW: integer bits by dynamic range (AHEAD, Section 4.3)."""

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.formats import INPUT, NetworkFormats
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import format_holding, observed_values

__all__ = ["PERFECT_FRACTION", "select_integer_bits"]

PERFECT_FRACTION = 20
"""Fraction bits of a perfect format: AHEAD's default, and Perf_FBW of its Equation 10."""


def select_integer_bits(network: Network, golden: GoldenData) -> NetworkFormats:
    """Perfect formats with the fewest integer bits that hold all values on ``golden``.

    All nodes are signed, as the paper's Q-format is (Section 3.3). The paper profiles its perfect
    fixed-point model; the float model's ranges are the same but for the last of 20 bits.

    A node's greatest value may miss by one step, 2**-20, where a further integer bit would hold
    that value alone. An input's may not: fraction bits that no sample has are no part of its format
    in hardware, and the step of what is left may be 1.
    """
    held = observed_values(network, golden.x, values=golden.task.keeps_values)
    return {key: _perfect(values, key.role != INPUT) for key, values in held.items()}


def _perfect(values: np.ndarray, approached: bool) -> QFormat:
    integer = format_holding(values, PERFECT_FRACTION, signed=True, approached=approached).integer
    return QFormat(integer, max(PERFECT_FRACTION, 1 - integer))
