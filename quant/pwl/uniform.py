"""A function in straight lines of one length, in real numbers."""

from collections.abc import Callable

import numpy as np

__all__ = ["uniform_lines"]

_POINTS = 65
"""Points at which a line is compared with the function, its ends included."""

_BISECTIONS = 60


def uniform_lines(
    function: Callable[[np.ndarray], np.ndarray], low: float, high: float, count: int
) -> Callable[[np.ndarray], np.ndarray]:
    """``function`` in ``count`` lines over ``low`` to ``high``, each with the least greatest error.

    A form with uniform segments comes to this as its formats get wide, but where the function goes
    on beyond the output's range: its lines stay within that.
    """
    length = (high - low) / count
    starts = low + length * np.arange(count)
    points = np.linspace(0.0, 1.0, _POINTS)
    values = function(starts[:, None] + length * points)
    slopes = _best_slopes(points, values)
    distance = values - slopes[:, None] * points
    intercepts = (distance.max(axis=1) + distance.min(axis=1)) / 2

    def lines(x: np.ndarray) -> np.ndarray:
        segment = np.clip(((x - low) / length).astype(np.intp), 0, count - 1)
        return intercepts[segment] + slopes[segment] * (x - starts[segment]) / length

    return lines


def _best_slopes(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Slopes (lines,) from which ``values`` (lines, points) are in the narrowest bands.

    A band's height is convex in its slope, which is too great if the highest point above it comes
    before the lowest.
    """
    steps = np.diff(values, axis=1) / np.diff(points)
    low, high = steps.min(axis=1), steps.max(axis=1)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        distance = values - middle[:, None] * points
        too_steep = distance.argmax(axis=1) < distance.argmin(axis=1)
        low, high = np.where(too_steep, low, middle), np.where(too_steep, middle, high)
    return (low + high) / 2
