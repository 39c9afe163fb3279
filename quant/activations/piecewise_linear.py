"""Piecewise-linear (PWL) activation: AHEAD's Section 3.3 and Figure 7.

The whole input format is cut into ``2**segment_bits`` uniform segments. The address generation
unit is then free: the top bits of the input are the segment, the bits below are the offset in it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import models.activations
from quant.qformat import QFormat

__all__ = ["MAX_INPUT_WIDTH", "PiecewiseLinear", "fit"]

MAX_INPUT_WIDTH = 20
"""Widest input, in bits: every code is tried when the coefficients are fitted."""

ERROR_BOUND = 1.0
"""Greatest error that :func:`fit` allows, in steps of the output format."""


@dataclass(frozen=True)
class PiecewiseLinear:
    """Parameters of ``y = (intercept[s] + slope[s] * offset) >> guard_bits``.

    ``s`` is the segment and ``offset`` the distance from its left end, both cut out of
    ``raw - input.min_raw``. Intercepts and slopes have ``guard_bits`` more fraction bits than the
    output; the rounding constant is part of the intercept. No code leaves the output's range, which
    is checked here over all of them, so no saturation is needed.

    Raises
    ------
    ValueError
        If the coefficients do not match the number of segments or a result leaves the output.
    """

    input: QFormat
    output: QFormat
    segment_bits: int
    guard_bits: int
    intercepts: tuple[int, ...]
    slopes: tuple[int, ...]

    def __post_init__(self):
        if self.input.width > MAX_INPUT_WIDTH:
            raise ValueError(
                f"expected a PWL input of at most {MAX_INPUT_WIDTH} bits, got {self.input}"
            )
        segments = 1 << self.segment_bits
        if (len(self.intercepts), len(self.slopes)) != (segments, segments):
            raise ValueError(
                f"expected {segments} intercepts and slopes, got {len(self.intercepts)} and "
                f"{len(self.slopes)}"
            )
        results = self.compute(np.arange(self.input.min_raw, self.input.max_raw + 1))
        if results.min() < self.output.min_raw or results.max() > self.output.max_raw:
            raise ValueError(
                f"expected results in {self.output}, raw {self.output.min_raw} to "
                f"{self.output.max_raw}, got {results.min()} to {results.max()}"
            )

    @property
    def offset_bits(self) -> int:
        """Bits of the offset within a segment."""
        return self.input.width - self.segment_bits

    def compute(self, raw) -> np.ndarray:
        """Raw int64 in ``output`` of ``raw`` in ``input`` (any shape)."""
        position = np.asarray(raw, dtype=np.int64) - self.input.min_raw
        segment = position >> self.offset_bits
        offset = position & ((1 << self.offset_bits) - 1)
        intercepts = np.array(self.intercepts, dtype=np.int64)
        slopes = np.array(self.slopes, dtype=np.int64)
        return (intercepts[segment] + slopes[segment] * offset) >> self.guard_bits


@lru_cache(maxsize=4096)
def fit(name: str, input: QFormat, output: QFormat) -> PiecewiseLinear:
    """PWL form of activation ``name`` with the least ``2**n`` segments within one output step.

    The error is taken over every input code, against the real function limited to the output's
    range. One segment a code (a table, half a step of error) is always found at last.
    """
    if input.width > MAX_INPUT_WIDTH:
        raise ValueError(f"expected a PWL input of at most {MAX_INPUT_WIDTH} bits, got {input}")
    codes = np.arange(input.min_raw, input.max_raw + 1)
    wanted = models.activations.get(name).function(input.to_real(codes)) * 2.0**output.fraction
    wanted = np.clip(wanted, output.min_raw, output.max_raw)
    for segment_bits in range(min(2, input.width), input.width + 1):
        candidate = _fit_segments(wanted, input, output, segment_bits)
        if np.abs(candidate.compute(codes) - wanted).max() <= ERROR_BOUND:
            break
    return candidate


def _fit_segments(wanted, input: QFormat, output: QFormat, segment_bits: int) -> PiecewiseLinear:
    """Line of least greatest error in every segment, with rounded coefficients.

    ``wanted`` holds the results for all codes in output steps, as reals.
    """
    offset_bits = input.width - segment_bits
    # A slope's rounding error, times the longest offset, then stays within a quarter of a step.
    guard_bits = offset_bits + 1 if offset_bits else 0
    one = 1 << guard_bits
    lines = wanted.reshape(1 << segment_bits, 1 << offset_bits)
    offset = np.arange(1 << offset_bits)
    chord = (lines[:, -1] - lines[:, 0]) / max(offset[-1], 1)
    slopes = np.floor(chord * one + 0.5).astype(np.int64)
    residue = lines * one - slopes[:, None] * offset
    middle = (residue.max(axis=1) + residue.min(axis=1)) / 2
    intercepts = np.floor(middle + 0.5).astype(np.int64) + one // 2
    # Both ends of a line are its extremes. Bring them into the output's range: lower the line when
    # it overshoots, raise it when it undershoots; a line too steep for that is made flatter.
    low, high = output.min_raw * one, output.max_raw * one + one - 1
    reach = slopes * offset[-1]
    slopes = np.where(np.abs(reach) > high - low, np.sign(slopes) * ((high - low) // max(
        offset[-1], 1)), slopes)
    reach = slopes * offset[-1]
    intercepts = np.clip(intercepts, low - np.minimum(reach, 0), high - np.maximum(reach, 0))
    return PiecewiseLinear(
        input, output, segment_bits, guard_bits,
        tuple(intercepts.tolist()), tuple(slopes.tolist()),
    )
