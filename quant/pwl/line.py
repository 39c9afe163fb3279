"""Lines through limits: ``low[k] <= floor(intercept + slope * k) <= high[k]`` for all k.

Equal to ``low[k] <= intercept + slope * k < high[k] + 1``, which a slope allows where its *room*
is positive, the room being what the intercept can still choose from::

    room(slope) = min_k(high[k] + 1 - slope * k) - max_k(low[k] - slope * k)

It is a concave function of the slope, so Newton's method finds where it is positive, or that this
is nowhere, in a few steps. Everything here is for many lines at once: limits are (lines, length).
"""

import numpy as np

__all__ = ["find_slopes", "intercepts_amid", "least_slopes"]

_ROOM = 2.0**-10
"""Least room of a real slope, in output steps: less would take more guard bits than it is worth."""

_ROOM_IN_STEPS = _ROOM / 2
"""Least room of a slope with few fraction bits. Being less, there is one near each real slope."""

_NUDGE = 2.0**-40
"""Relative size by which a Newton step is lengthened, past float64's rounding."""


def find_slopes(
    low: np.ndarray, high: np.ndarray, guard_bits: int | None = None
) -> np.ndarray | None:
    """Slopes (lines,) that have room, 0 where that will do; None if a line has none.

    They have ``guard_bits`` fraction bits, if given.
    """
    # A constant is worth most: nothing is multiplied.
    constant = low.max(axis=1) <= high.min(axis=1)
    if constant.all():
        return np.zeros(len(low))
    slopes = np.zeros(len(low))
    sloping = ~constant
    low, high = low[sloping], high[sloping]
    guess = (low[:, -1] - low[:, 0]) / max(low.shape[1] - 1, 1)
    found = _newton(low, high, guess, _ROOM)
    if found is not None and guard_bits is not None:
        found = _in_steps(low, high, found, guard_bits)
    if found is None:
        return None
    slopes[sloping] = found
    return slopes


def least_slopes(
    low: np.ndarray, high: np.ndarray, inside: np.ndarray, guard_bits: int
) -> np.ndarray:
    """Slopes of least magnitude, float64 (lines,), with ``guard_bits`` fraction bits; NaN if none.

    ``inside`` are real slopes that have room.
    """
    span = (high.max(axis=1) - low.min(axis=1)) + 2
    least = np.minimum(_newton(low, high, inside - span, _ROOM_IN_STEPS), inside)
    most = np.maximum(_newton(low, high, inside + span, _ROOM_IN_STEPS), inside)
    one = 1 << guard_bits
    upwards, downwards = np.ceil(least * one), np.floor(most * one)
    nearest = np.where(least > 0, upwards, np.where(most < 0, downwards, 0))
    return np.where((least * one <= nearest) & (nearest <= most * one), nearest / one, np.nan)


def intercepts_amid(
    low: np.ndarray, high: np.ndarray, slopes: np.ndarray, guard_bits: int
) -> np.ndarray:
    """Intercepts amid what the ``slopes`` leave possible; all int64 in steps of 2**-guard_bits."""
    reach = slopes[:, None] * np.arange(low.shape[1])
    one = 1 << guard_bits
    least = (low.astype(np.int64) * one - reach).max(axis=1)
    most = ((high.astype(np.int64) + 1) * one - 1 - reach).min(axis=1)
    return (least + most) // 2


def _in_steps(
    low: np.ndarray, high: np.ndarray, slopes: np.ndarray, guard_bits: int
) -> np.ndarray | None:
    """``slopes`` moved to ones with ``guard_bits`` fraction bits that have room, or None."""
    one = 1 << guard_bits
    moved = np.floor(slopes * one + 0.5) / one
    rooms, _ = _rooms(low, high, moved)
    short = rooms < _ROOM_IN_STEPS
    if short.any():
        moved[short] = least_slopes(low[short], high[short], slopes[short], guard_bits)
    return None if np.isnan(moved).any() else moved


def _newton(
    low: np.ndarray, high: np.ndarray, slopes: np.ndarray, least_room: float
) -> np.ndarray | None:
    """The first slopes from ``slopes`` on with ``least_room``, or None if a line has none."""
    least, most = np.full(len(slopes), -np.inf), np.full(len(slopes), np.inf)
    while True:
        rooms, gradients = _rooms(low, high, slopes)
        short = rooms < least_room
        if not short.any():
            return slopes
        if (short & (gradients == 0)).any():
            return None
        # A tangent lies above a concave function: no slope on this side of its root has room.
        steps = (least_room - rooms) / np.where(short, gradients, 1)
        nudged = steps + np.copysign(_NUDGE * (1 + np.abs(slopes)), steps)
        slopes = np.where(short, slopes + nudged, slopes)
        least = np.where(short & (gradients > 0), slopes, least)
        most = np.where(short & (gradients < 0), slopes, most)
        if (least > most).any():
            return None


def _rooms(low: np.ndarray, high: np.ndarray, slopes: np.ndarray):
    """Room of each slope, and the gradient of a tangent there; both (lines,)."""
    reach = slopes[:, None] * np.arange(low.shape[1])
    gaps, floors = high + 1 - reach, low - reach
    first, last = gaps.argmin(axis=1), floors.argmax(axis=1)
    lines = np.arange(len(low))
    return gaps[lines, first] - floors[lines, last], last - first
