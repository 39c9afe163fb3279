"""From an exact sum to a unit's output: rounding, bias, saturation and activation as one function.

All of it is a function of a few upper bits of the sum plus a constant, since bits are only ever
dropped; and it is constant beyond some codes, where a format saturates.
"""

from dataclasses import dataclass, replace

import numpy as np

from build_decoder.quant.layers.dense import Dense

__all__ = ["MOST_CODES", "StepFunction", "functions_of"]

MOST_CODES = 1 << 12
"""Most codes of a function: those of a sum of 12 bits."""


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
    biased = layer.biased_sum
    # Zero bits that are appended to the accumulator, and bits that are dropped behind it.
    appended = biased.aligned_fraction - biased.accumulator.fraction
    dropped = biased.aligned_fraction - biased.sum.fraction
    return [
        _function(layer, unit, appended, dropped, int(low), int(high))
        for unit, (low, high) in enumerate(
            zip(layer.products.lows, layer.products.highs, strict=True)
        )
    ]


def _function(
    layer: Dense, unit: int, appended: int, dropped: int, low: int, high: int
) -> StepFunction:
    biased = layer.biased_sum
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
            f"{last - first + 1}"
        )
    upper = np.arange(first, max(last, first) + 1)
    exact = ((upper << bits) - offset).clip(low, high)
    return StepFunction(bits, offset, int(first), _computed(layer, unit, exact))


def _computed(layer: Dense, unit: int, exact: np.ndarray) -> np.ndarray:
    """What the layer gives for exact sums of a unit."""
    _, behind = layer.operations
    raw = behind.compute(np.repeat(exact[:, None], layer.units, axis=1).astype(np.float64))
    return np.asarray(raw)[:, unit].astype(np.int64)
