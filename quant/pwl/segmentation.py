"""Cutting positions into segments that have lines: as few as possible, or of one length."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.pwl.limits import Limits
from build_decoder.quant.pwl.line import find_slopes

__all__ = [
    "Segment",
    "merge_constants",
    "segment_greedily",
    "segment_uniformly",
    "uniform_slopes",
]


@dataclass(frozen=True)
class Segment:
    """Positions ``start`` to ``end - 1``, and a slope that does for them, 0 if that does."""

    start: int
    end: int
    slope: float


def segment_greedily(
    limits: Limits, step: int, *, most: int | None = None, guard_bits: int | None = None
) -> list[Segment] | None:
    """Fewest segments with boundaries at multiples of ``step`` positions.

    Each segment is as long as a line can go. That is optimal: what is part of a segment that has a
    line has one, too, so starting later never lets a segment end earlier.

    Returns None if ``step`` positions are too many for a line somewhere, or if there were more than
    ``most`` segments. Slopes have ``guard_bits`` fraction bits, any number if None.
    """
    segments = []
    start, steps = 0, 1
    while start < limits.positions:
        if len(segments) == most:
            return None
        remaining = (limits.positions - start) // step
        good, bad, slope = 0, remaining + 1, 0.0
        # From the length of the segment before, twice as far while that goes, and then halving.
        steps = min(steps, remaining)
        while bad - good > 1:
            end = start + steps * step
            found = find_slopes(*limits.cut(start, end, end - start), guard_bits)
            if found is None:
                bad = steps
            else:
                good, slope = steps, float(found[0])
            steps = min(2 * good, remaining) if bad > remaining else (good + bad) // 2
        if not good:
            return None
        segments.append(Segment(start, start + good * step, slope))
        start, steps = start + good * step, good
    return segments


def uniform_slopes(
    limits: Limits, length: int, *, guard_bits: int | None = None
) -> np.ndarray | None:
    """Slopes of segments of ``length`` positions, which must divide all; None if one has no
    line."""
    return find_slopes(*limits.cut(0, limits.positions, length), guard_bits)


def segment_uniformly(
    limits: Limits, length: int, *, guard_bits: int | None = None
) -> list[Segment] | None:
    """Segments of ``length`` positions, which must divide all; None if one has no line."""
    slopes = uniform_slopes(limits, length, guard_bits=guard_bits)
    if slopes is None:
        return None
    return [
        Segment(n * length, (n + 1) * length, slope) for n, slope in enumerate(slopes.tolist())
    ]


def merge_constants(limits: Limits, segments: list[Segment]) -> list[Segment]:
    """``segments``, where neighbours for which one constant does become one."""
    both = limits.held_together()
    starts = [segment.start for segment in segments]
    greatest = np.maximum.reduceat(both.low, starts).tolist()
    least = np.minimum.reduceat(both.high, starts).tolist()
    merged, low, high = [], 0.0, 0.0
    for segment, own_low, own_high in zip(segments, greatest, least, strict=True):
        if merged and not segment.slope and not merged[-1].slope:
            both_low, both_high = max(low, own_low), min(high, own_high)
            if both_low <= both_high:
                merged[-1] = Segment(merged[-1].start, segment.end, 0.0)
                low, high = both_low, both_high
                continue
        merged.append(segment)
        low, high = own_low, own_high
    return merged
