"""Fixed-point coefficients with as few bits as the limits allow."""

import numpy as np

from build_decoder.quant.pwl.limits import Limits
from build_decoder.quant.pwl.line import intercepts_amid, least_slopes
from build_decoder.quant.pwl.segmentation import Segment

__all__ = ["coefficients"]


def coefficients(
    limits: Limits, segments: list[Segment], guard_bits: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Intercepts and slopes of ``segments``, whose slopes have ``guard_bits`` fraction bits.

    Slopes are the least in magnitude, which keeps the multiplier small, intercepts amid what then
    is possible.
    """
    starts, ends = np.array([(s.start, s.end) for s in segments]).T
    slopes = np.array([s.slope for s in segments])
    intercepts = np.zeros(len(segments), dtype=np.int64)
    for length in np.unique(ends - starts):
        # All segments of one length together.
        alike = np.flatnonzero(ends - starts == length)
        low, high = limits.lines(starts[alike], length)
        sloping = slopes[alike] != 0
        if sloping.any():
            slopes[alike[sloping]] = least_slopes(
                low[sloping], high[sloping], slopes[alike[sloping]], guard_bits
            )
        steps = (slopes[alike] * (1 << guard_bits)).astype(np.int64)
        intercepts[alike] = intercepts_amid(low, high, steps, guard_bits)
    steps = (slopes * (1 << guard_bits)).astype(np.int64)
    return tuple(intercepts.tolist()), tuple(steps.tolist())
