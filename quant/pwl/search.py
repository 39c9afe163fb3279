"""Searches for segmentations: with the fewest segments, or of the least size."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from build_decoder.quant.pwl.limits import Limits
from build_decoder.quant.pwl.segmentation import (
    Segment,
    merge_constants,
    segment_greedily,
    segment_uniformly,
    uniform_slopes,
)
from build_decoder.quant.pwl.size import lines_size

__all__ = ["Fit", "cheapest_fit", "fewest_segments", "uniform_fit"]

_ADDRESS_BITS = 9
"""Blocks are told apart by so many bits, if they can be: a segment is found in eight truth
tables a bit. Not counted are bits that only tell how far beyond all else it is where one constant
does."""

_MOST_GUARD_BITS = 32
"""With more than this, all slopes are as good as real."""

Segmenter = Callable[[Limits, int, int | None], list[Segment] | None]
"""Segments of limits, with boundaries at multiples of 2**(second) positions, slopes with guard bits
(third), or any if None; None if that cannot be."""

Test = Callable[[Limits, int, int | None], bool]
"""Whether there are such segments."""


@dataclass(frozen=True)
class Fit:
    """``segments`` of the positions of ``limits``, which have lost ``dropped_bits`` already.

    Boundaries are at multiples of ``2**step_bits`` of these positions, slopes have ``guard_bits``
    fraction bits.
    """

    limits: Limits
    dropped_bits: int
    step_bits: int
    guard_bits: int
    segments: list[Segment]

    def size(self, *, folded: bool, output_width: int) -> int:
        """Its size (:mod:`quant.pwl.size`), before its intercepts are known."""
        slopes = [int(segment.slope * (1 << self.guard_bits)) for segment in self.segments]
        longest = max((s.end - s.start for s in self.segments if s.slope), default=1)
        return lines_size(
            folded=folded,
            position_bits=_position_bits(self.limits),
            step_bits=self.step_bits,
            segments=len(self.segments),
            offset_bits=(longest - 1).bit_length(),
            slope_bits=max(abs(slope) for slope in slopes).bit_length() + (min(slopes) < 0),
            intercept_bits=output_width + self.guard_bits,
        )


def fewest_segments(limits: Limits, *, most: int | None = None) -> Fit | None:
    """The fit with the fewest segments whose number is found by logic of few inputs.

    Boundaries are finer only where there is no line for a whole block. None if that takes more than
    ``most`` segments. Among fits with as few, boundaries are at the coarsest positions, the input
    loses as many low bits as possible, and slopes have the fewest guard bits, in this order.
    """
    step_bits = max((_varying(limits) - 1).bit_length() - _ADDRESS_BITS, 0)
    while not _has_uniform(limits, step_bits, None):
        step_bits -= 1
    segments = segment_greedily(limits, 1 << step_bits, most=most)
    if segments is None:
        return None
    count = len(segments)
    while (2 << step_bits) <= limits.positions and segment_greedily(
        limits, 2 << step_bits, most=count
    ):
        step_bits += 1

    def segmented(limits: Limits, step_bits: int, guard_bits: int | None) -> list[Segment] | None:
        return segment_greedily(limits, 1 << step_bits, most=count, guard_bits=guard_bits)

    return _fit(limits, step_bits, segmented, lambda *cut: segmented(*cut) is not None)


def cheapest_fit(limits: Limits, *, folded: bool, output_width: int) -> Fit:
    """The smallest fit of those with uniform segments.

    The shorter they are, the smaller is the multiplier and the larger the look-up. Neighbours with
    one constant are one segment if finding it costs less than it saves.
    """

    def size(fit: Fit) -> int:
        return fit.size(folded=folded, output_width=output_width)

    best = None
    for step_bits in range(_position_bits(limits), -1, -1):
        if not _has_uniform(limits, step_bits, None):
            continue
        fit = _fit(limits, step_bits, _uniform, _has_uniform)
        merged = replace(fit, segments=merge_constants(fit.limits, fit.segments))
        here = min(fit, merged, key=size)
        if best is not None and size(here) >= size(best):
            break
        best = here
    return best


def uniform_fit(limits: Limits, step_bits: int) -> Fit | None:
    """Segments of ``2**step_bits`` positions each; None if there is no line for one."""
    if not _has_uniform(limits, step_bits, None):
        return None
    return _fit(limits, step_bits, _uniform, _has_uniform)


def _uniform(limits: Limits, step_bits: int, guard_bits: int | None) -> list[Segment] | None:
    return segment_uniformly(limits, 1 << step_bits, guard_bits=guard_bits)


def _has_uniform(limits: Limits, step_bits: int, guard_bits: int | None) -> bool:
    return uniform_slopes(limits, 1 << step_bits, guard_bits=guard_bits) is not None


def _fit(limits: Limits, step_bits: int, segmented: Segmenter, possible: Test) -> Fit:
    """Drop as many low bits as possible, and then have as few guard bits as possible.

    That there are segments for real slopes and all bits is known.
    """
    dropped = 0
    while dropped < step_bits and possible(
        limits.coarsened(dropped + 1), step_bits - dropped - 1, None
    ):
        dropped += 1
    limits, step_bits = limits.coarsened(dropped), step_bits - dropped
    guard_bits = bisect_left(
        range(_MOST_GUARD_BITS),
        True,
        key=lambda bits: possible(limits, step_bits, bits),
    )
    return Fit(limits, dropped, step_bits, guard_bits, segmented(limits, step_bits, guard_bits))


def _varying(limits: Limits) -> int:
    """Positions up to which one constant does not do for all that follow; at least 1."""
    both = limits.held_together()
    greatest = np.maximum.accumulate(both.low[::-1])
    least = np.minimum.accumulate(both.high[::-1])
    return max(limits.positions - int(np.count_nonzero(greatest <= least)), 1)


def _position_bits(limits: Limits) -> int:
    return limits.positions.bit_length() - 1
