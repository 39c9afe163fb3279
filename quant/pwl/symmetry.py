"""Symmetric functions: the half with negative inputs follows from the other half."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.pwl.limits import Limits

__all__ = ["Symmetry", "find_symmetry", "folded_limits"]


@dataclass(frozen=True)
class Symmetry:
    """``f(-x) = total - f(x)``, in output steps, or, ``total`` being None, ``f(-x) = f(x)``.

    ``total`` is 0 for an odd function such as tanh, and one for sigmoid.
    """

    total: int | None

    def mirrored(self, results: np.ndarray) -> np.ndarray:
        """Results at ``-x`` of ``results`` at ``x``."""
        return results if self.total is None else self.total - results


def find_symmetry(wanted: np.ndarray) -> Symmetry | None:
    """The symmetry of a function of all codes of a signed input, as near as one step allows.

    ``wanted`` is (2**width,), least code first. That a symmetry is near enough to be used is for
    :func:`folded_limits` to say.
    """
    half = len(wanted) // 2
    positive, negative = wanted[half + 1 :], wanted[1:half][::-1]
    if not len(positive):
        return None
    if np.abs(positive - negative).max() <= 1:
        return Symmetry(None)
    # About zero, where results are least likely to be limited by the output's range.
    total = np.floor(positive[0] + negative[0] + 0.5)
    return Symmetry(int(total)) if np.abs(positive + negative - total).max() <= 1 else None


def folded_limits(limits: Limits, symmetry: Symmetry) -> Limits:
    """Limits of the half that is stored, positions 0 to ``2**(width - 1) - 1``.

    A code ``x >= 0`` is at position ``x``. A negative one is at ``~x``, which is ``-x - 1`` and
    takes inverters alone where ``-x`` takes an adder: its line is evaluated one position further
    on, at ``-x``, and then mirrored.
    """
    half = limits.positions // 2
    low, high = limits.low[:half][::-1], limits.high[:half][::-1]
    if symmetry.total is not None:
        low, high = symmetry.total - high, symmetry.total - low
    return Limits(limits.low[half:], limits.high[half:], low, high)
