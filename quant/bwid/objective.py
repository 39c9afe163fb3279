"""Decoding performance, and the objective of bit-width optimisation (AHEAD, Equation 10)."""

from collections.abc import Iterable

from build_decoder.quant.bwid.ranges import PERFECT_FRACTION
from build_decoder.quant.quality import Quality

__all__ = ["DEFAULT_ALPHA", "objective", "performance"]

DEFAULT_ALPHA = 0.99
"""Weight of performance; the paper names none. It is so great that one lost decision of two
thousand outweighs a few bits: with less, the climb does not end at the paper's 0 % loss."""


def performance(quality: Quality, max_error: float | None = None) -> float:
    """Decoding performance P: 1 minus the loss against the golden outputs.

    The loss is the accuracy lost by the decision that loses most. If outputs are values of their
    own, it is at least the mean square error of the worst output, in units of its variance, minus
    ``max_error`` squared: R2 against the float model's outputs, without a part that any rounding
    takes.
    """
    lost = max(quality.accuracy_lost, 0.0)
    if max_error is not None:
        lost = max(lost, max(quality.errors) ** 2 - max_error**2)
    return 1 - lost


def objective(performance: float, fraction_bits: Iterable[int], alpha: float) -> float:
    """``alpha (1 - P) + (1 - alpha) Avg_FBW / Perf_FBW`` (Equation 10), which is to be small."""
    bits = list(fraction_bits)
    return alpha * (1 - performance) + (1 - alpha) * sum(bits) / len(bits) / PERFECT_FRACTION
