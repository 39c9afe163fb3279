"""BWS-FBW: fraction bits of one node at a time, by sensitivity (AHEAD, Section 4.3)."""

from build_decoder.quant.bwid.objective import performance
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.formats import NetworkFormats, NodeKey
from build_decoder.quant.qformat import QFormat

__all__ = ["LOWER_BOUND", "least_fraction", "lowest_fraction", "select_fraction_bits"]

LOWER_BOUND = 2
"""Fewest fraction bits that are tried (Equation 8): the paper sweeps from 2 to 20."""


def select_fraction_bits(
    evaluator: Evaluator,
    perfect: NetworkFormats,
    *,
    lower_bound: int = LOWER_BOUND,
    max_error: float | None = None,
) -> NetworkFormats:
    """Every node with the fraction bits that :func:`least_fraction` finds for it alone."""
    found = {}
    for key, format in perfect.items():
        fraction = least_fraction(
            evaluator, perfect, key, lower_bound=lower_bound, max_error=max_error
        )
        found[key] = QFormat(format.integer, fraction, format.signed)
    return found


def least_fraction(
    evaluator: Evaluator,
    perfect: NetworkFormats,
    key: NodeKey,
    *,
    lower_bound: int = LOWER_BOUND,
    max_error: float | None = None,
) -> int:
    """Fewest fraction bits of node ``key`` with the best performance, all other nodes perfect.

    The best is that of perfect formats. A binary search, as in the paper, which takes performance
    to rise with the fraction bits. ``max_error`` is as for
    :func:`~quant.bwid.objective.performance`.
    """
    best = performance(evaluator.quality(perfect), max_error)
    format = perfect[key]
    low, high = lowest_fraction(format, lower_bound), format.fraction
    while low < high:
        middle = (low + high) // 2
        changed = {**perfect, key: QFormat(format.integer, middle, format.signed)}
        if performance(evaluator.quality(changed), max_error) >= best:
            high = middle
        else:
            low = middle + 1
    return high


def lowest_fraction(format: QFormat, lower_bound: int) -> int:
    """``lower_bound``, or more where a format would else have no bit at all."""
    return max(lower_bound, 1 - format.integer)
