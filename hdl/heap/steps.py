"""From an exact sum to a unit's output: rounding, bias, saturation and activation as one function.

All of it is a function of a few upper bits of the sum plus a constant, since bits are only ever
dropped; and it is constant beyond some codes, where a format saturates.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.operations.biased_sum import BiasedSum

__all__ = ["MOST_CODES", "StepFunction", "functions_of"]

MOST_CODES = 1 << 16
"""Most codes of a function: those of a sum of 16 bits."""


@dataclass(frozen=True, eq=False)
class StepFunction:
    """``codes[limit(((s + offset) >> dropped) - first)]`` of an exact sum ``s``.

    Parameters
    ----------
    dropped
        Bits that are dropped.
    offset
        What is added before.
    first
        Upper bits of the sum for which the first code stands, as it does for all that are less.
    codes
        Raw outputs, int64; the last one stands for all that are more.
    """

    dropped: int
    offset: int
    first: int
    codes: np.ndarray

    @property
    def thresholds(self) -> list[tuple[int, int]]:
        """Least sums from which on the output is another, and by how much: ``codes[0]`` and those
        steps of all thresholds that a sum reaches are the output."""
        steps = np.diff(self.codes)
        return [
            (((self.first + number + 1) << self.dropped) - self.offset, int(steps[number]))
            for number in np.flatnonzero(steps).tolist()
        ]

    def shifted(self, constant: int) -> "StepFunction":
        """That of ``s`` for whoever has ``s - constant``."""
        return replace(self, offset=self.offset + constant)

    def negated(self) -> "StepFunction":
        """That of ``s`` for whoever has ``-s``."""
        last = self.first + len(self.codes) - 1
        # -((-s + offset) >> d), which rounds up where the other rounds down.
        offset = (1 << self.dropped) - 1 - self.offset
        return StepFunction(self.dropped, offset, -last, self.codes[::-1])

    def of(self, sums: np.ndarray) -> np.ndarray:
        """Raw outputs of exact sums."""
        place = ((sums + self.offset) >> self.dropped) - self.first
        return self.codes[place.clip(0, len(self.codes) - 1)]


def functions_of(layer: Dense) -> list[StepFunction]:
    """That of each unit.

    Raises
    ------
    ValueError
        If one has too many codes.
    """
    biased, (_, behind) = layer.biased_sum, layer.operations
    # Zero bits that are appended to the accumulator, and bits that are dropped behind it.
    appended = biased.aligned_fraction - biased.accumulator.fraction
    dropped = biased.aligned_fraction - biased.sum.fraction
    upper = [
        _upper(biased, unit, appended, dropped, int(low), int(high))
        for unit, (low, high) in enumerate(
            zip(layer.products.lows, layer.products.highs, strict=True)
        )
    ]
    # All units at once, a column each, and some sums of each. A unit that has no more repeats one.
    most, codes = max(unit.count for unit in upper), []
    for start in range(0, most, _ROWS):
        place = np.arange(start, min(start + _ROWS, most))
        sums = np.stack([unit.sums(place) for unit in upper], axis=1).astype(np.float64)
        codes.append(np.asarray(behind.compute(sums)).astype(np.int64))
    codes = np.concatenate(codes)
    return [
        StepFunction(unit.dropped, unit.offset, unit.first, codes[: unit.count, number].copy())
        for number, unit in enumerate(upper)
    ]


_ROWS = 1 << 10
"""Sums of each unit whose outputs are computed at a time."""


class _Upper(NamedTuple):
    """What of a unit's sums its output is a function of: ``count`` codes, and the rest as of a
    :class:`StepFunction`; and the least and the greatest exact sum."""

    dropped: int
    offset: int
    first: int
    count: int
    low: int
    high: int

    def sums(self, place: np.ndarray) -> np.ndarray:
        """An exact sum for each of the codes that lie there, or for the last one."""
        upper = self.first + np.minimum(place, self.count - 1)
        return ((upper << self.dropped) - self.offset).clip(self.low, self.high)


def _upper(
    biased: BiasedSum, unit: int, appended: int, dropped: int, low: int, high: int
) -> _Upper:
    bias = int(biased.stored_biases[unit])
    bits, offset = biased.dropped, biased.rounding_constant
    accumulator, sums = biased.accumulator, biased.sum
    if dropped >= appended:
        # What is appended is dropped again, and then some bits of the accumulator plus bias.
        more = dropped - appended
        bits, offset = bits + more, offset + ((bias >> appended) << bits)
        first = max((accumulator.min_raw + (bias >> appended)) >> more, sums.min_raw)
        last = min((accumulator.max_raw + (bias >> appended)) >> more, sums.max_raw)
    else:
        # A sum is the accumulator with bits appended, plus a constant.
        more = appended - dropped
        constant = bias >> dropped if dropped > 0 else bias << -dropped
        first = max(accumulator.min_raw, (sums.min_raw - constant) >> more)
        last = min(accumulator.max_raw, ((sums.max_raw - constant) >> more) + 1)
    least, most = (low + offset) >> bits, (high + offset) >> bits
    first, last = (min(max(end, least), most) for end in (first, last))
    if last - first >= MOST_CODES:
        raise ValueError(
            f"expected at most {MOST_CODES} codes of a sum that goes into an activation, got "
            f"{last - first + 1}: fewer fraction bits before it make fewer codes"
        )
    return _Upper(bits, offset, int(first), int(max(last - first, 0)) + 1, low, high)
