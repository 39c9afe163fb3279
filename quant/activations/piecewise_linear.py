"""Piecewise-linear (PWL) activation: AHEAD's Section 3.3 and Figure 7, segments of any length."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.pwl.limits import MAX_INPUT_WIDTH
from build_decoder.quant.pwl.size import lines_size
from build_decoder.quant.pwl.symmetry import Symmetry
from build_decoder.quant.qformat import QFormat

__all__ = ["PiecewiseLinear"]


@dataclass(frozen=True, kw_only=True)
class PiecewiseLinear:
    """Parameters of ``y = (intercepts[s] + slopes[s] * offset) >> guard_bits``.

    The input's *position* is ``raw - input.min_raw``, or, where the function is symmetric,
    ``raw`` if that is not negative and ``~raw`` if it is. Its low ``dropped_bits`` are dropped.
    What is above ``step_bits`` more bits is the *block*; ``s`` is the segment to which the block
    belongs, ``offset`` the distance of the position from the segment's first.

    A negative input of a symmetric function stands for the position one further on, so
    ``offset + 1`` takes the place of ``offset`` (except that, of positions that share a
    result, the one at the same place is taken), and its result is
    ``symmetry.mirrored``.

    Intercepts and slopes have ``guard_bits`` more fraction bits than the output; the rounding
    constant is part of the intercept. No code leaves the output's range, which is checked here over
    all of them, so no saturation is needed.

    Parameters
    ----------
    input, output
        Formats. The input has at most MAX_INPUT_WIDTH bits.
    symmetry
        How negative inputs follow from the others, None if they do not.
    dropped_bits
        Low bits of the input that are not looked at.
    step_bits
        Segments begin at multiples of ``2**step_bits`` positions.
    starts
        The first block of each segment, from 0, ascending.
    guard_bits
        Fraction bits of the coefficients beyond those of the output.
    intercepts, slopes
        Coefficients of each segment.

    Raises
    ------
    ValueError
        If the coefficients do not match the segments or a result leaves the output.
    """

    input: QFormat
    output: QFormat
    symmetry: Symmetry | None
    dropped_bits: int
    step_bits: int
    starts: tuple[int, ...]
    guard_bits: int
    intercepts: tuple[int, ...]
    slopes: tuple[int, ...]

    def __post_init__(self):
        if self.input.width > MAX_INPUT_WIDTH:
            raise ValueError(
                f"expected a PWL input of at most {MAX_INPUT_WIDTH} bits, got {self.input}"
            )
        if (len(self.intercepts), len(self.slopes)) != (self.segments, self.segments):
            raise ValueError(
                f"expected {self.segments} intercepts and slopes, got {len(self.intercepts)} and "
                f"{len(self.slopes)}"
            )
        ascending = all(a < b for a, b in zip(self.starts, self.starts[1:], strict=False))
        if self.starts[0] != 0 or not ascending or self.starts[-1] >= self.blocks:
            raise ValueError(
                f"expected segments that start at block 0 and then later, below block "
                f"{self.blocks}, got {self.starts}"
            )
        results = self.compute(np.arange(self.input.min_raw, self.input.max_raw + 1))
        if results.min() < self.output.min_raw or results.max() > self.output.max_raw:
            raise ValueError(
                f"expected results in {self.output}, raw {self.output.min_raw} to "
                f"{self.output.max_raw}, got {results.min()} to {results.max()}"
            )

    @property
    def segments(self) -> int:
        """Stored segments."""
        return len(self.starts)

    @property
    def block_bits(self) -> int:
        """Bits of the block, the input of the address generation unit."""
        folded = self.symmetry is not None
        return self.input.width - folded - self.dropped_bits - self.step_bits

    @property
    def blocks(self) -> int:
        """Blocks of positions."""
        return 1 << self.block_bits

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Length of each segment, in blocks."""
        ends = (*self.starts[1:], self.blocks)
        return tuple(end - start for start, end in zip(self.starts, ends, strict=True))

    @property
    def offset_bits(self) -> int:
        """Bits of the offset, where there is a slope for it."""
        longest = max(
            (length for length, slope in zip(self.lengths, self.slopes, strict=True) if slope),
            default=0,
        )
        return (longest - 1).bit_length() + self.step_bits if longest else 0

    @property
    def size(self) -> int:
        """Its size in logic: :mod:`quant.pwl.size`."""
        least, most = min(0, *self.slopes), max(self.slopes)
        return lines_size(
            folded=self.symmetry is not None,
            position_bits=self.block_bits + self.step_bits,
            step_bits=self.step_bits,
            segments=self.segments,
            offset_bits=self.offset_bits,
            slope_bits=most.bit_length() if not least else (most - least).bit_length(),
            intercept_bits=self.output.width + self.guard_bits,
        )

    @property
    def mirrored_intercepts(self) -> tuple[int, ...]:
        """For negative inputs: ``c`` in ``y = (c + slope * offset) >> guard_bits`` of an even
        function, in ``y = (c + ~(slope * offset)) >> guard_bits`` of one that is mirrored.
        """
        ahead = 0 if self.dropped_bits else 1
        moved = (c + ahead * a for c, a in zip(self.intercepts, self.slopes, strict=True))
        if self.symmetry.total is None:
            return tuple(moved)
        # total - (v >> guard) is (((total + 1) << guard) - 1 - v) >> guard, and -1 - v is ~v.
        return tuple(((self.symmetry.total + 1) << self.guard_bits) - c for c in moved)

    def compute(self, raw) -> np.ndarray:
        """Raw int64 in ``output`` of ``raw`` in ``input`` (any shape)."""
        raw = np.asarray(raw, dtype=np.int64)
        if self.symmetry is None:
            position = (raw - self.input.min_raw) >> self.dropped_bits
        else:
            position = np.where(raw < 0, ~raw, raw) >> self.dropped_bits
        starts = np.array(self.starts, dtype=np.int64)
        segment = np.repeat(np.arange(self.segments), self.lengths)[position >> self.step_bits]
        offset = position - (starts << self.step_bits)[segment]
        if self.symmetry is not None and not self.dropped_bits:
            offset = offset + (raw < 0)
        intercept = np.array(self.intercepts, dtype=np.int64)[segment]
        slope = np.array(self.slopes, dtype=np.int64)[segment]
        result = (intercept + slope * offset) >> self.guard_bits
        if self.symmetry is None:
            return result
        return np.where(raw < 0, self.symmetry.mirrored(result), result)
