"""From exact sums of products to a sum with its bias: two nodes, two narrowings."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.carrier import carrier
from build_decoder.quant.limiting import limit
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

__all__ = ["BiasedSum", "effective_accumulator"]


def effective_accumulator(accumulator: QFormat, fraction: int) -> QFormat:
    """``accumulator`` with no more fraction bits than the ``fraction`` that products have."""
    fraction = min(accumulator.fraction, fraction)
    return QFormat(max(accumulator.integer, 1 - fraction), fraction, accumulator.signed)


@dataclass(frozen=True, eq=False)
class BiasedSum:
    """With every operand raw, and ``sat`` saturation to a node's format::

        accumulated = sat(round_half_up(exact))                AHEAD's buffer 1
        sum         = sat(round_half_up(accumulated + bias))   AHEAD's buffer 2

    Parameters
    ----------
    fraction
        Fraction bits of the exact sums.
    low, high
        Least and greatest exact sum, raw.
    accumulator, bias, sum
        Formats; the accumulator has at most ``fraction`` fraction bits.
    biases
        Raw int64 (sums,) in ``bias``.
    bias_bounds
        Least and greatest of the biases, or of those that may be written in their place; None: as
        they are.
    """

    fraction: int
    low: int
    high: int
    accumulator: QFormat
    bias: QFormat
    sum: QFormat
    biases: np.ndarray
    bias_bounds: tuple[int, int] | None = None

    @classmethod
    def after(
        cls, products: Products, accumulator: QFormat, biases: RawArray, sum: QFormat
    ) -> "BiasedSum":
        """The operation that takes the results of ``products``."""
        return cls(
            products.fraction, products.low, products.high, accumulator, biases.format, sum,
            biases.raw, biases.bounds or biases.extent,
        )  # fmt: skip

    def check(self) -> None:
        """Raise `ValueError` unless it can be built: nothing is wider than the widest format."""
        if self.dropped < 0:
            raise ValueError(
                f"expected at most {self.fraction} accumulator fraction bits, which are all that "
                f"products have, got {self.accumulator}"
            )
        if self.exact_width > MAX_WIDTH:
            raise ValueError(
                f"accumulator: expected exact sums of at most {MAX_WIDTH} bits, "
                f"got {self.exact_width}"
            )
        shift = self.aligned_fraction - self.accumulator.fraction
        least, most = self._bias_range
        low = (self.accumulator.min_raw << shift) + least
        high = (self.accumulator.max_raw << shift) + most
        if max(low.bit_length(), high.bit_length()) >= MAX_WIDTH:
            raise ValueError(
                f"sum: expected accumulator plus bias in at most {MAX_WIDTH} bits, got "
                f"{self.accumulator} and {self.bias}"
            )

    @property
    def dropped(self) -> int:
        """Fraction bits of exact sums that the accumulator does not have."""
        return self.fraction - self.accumulator.fraction

    @property
    def rounding_constant(self) -> int:
        """Start value of an exact accumulator, so that dropping bits rounds half up."""
        return 1 << (self.dropped - 1) if self.dropped else 0

    @cached_property
    def exact_width(self) -> int:
        """Bits of exact sums that start from :attr:`rounding_constant`."""
        least, most = self.low, self.high + self.rounding_constant
        return max(most.bit_length(), (-least - 1).bit_length() if least < 0 else 0) + 1

    @property
    def aligned_fraction(self) -> int:
        """Fraction bits of accumulator plus bias."""
        return max(self.accumulator.fraction, self.bias.fraction)

    @property
    def bias_half(self) -> int:
        """What is added to a bias, so that dropping bits of the sum rounds half up."""
        dropped = self.aligned_fraction - self.sum.fraction
        return 1 << (dropped - 1) if dropped > 0 else 0

    @property
    def bias_shift(self) -> int:
        """Zero bits that are appended to a bias."""
        return self.aligned_fraction - self.bias.fraction

    @cached_property
    def stored_biases(self) -> np.ndarray:
        """Biases in the aligned fraction, with the constant that makes the sum round half up."""
        return (self.biases << self.bias_shift) + self.bias_half

    @cached_property
    def _bias_range(self) -> tuple[int, int]:
        """Least and greatest stored bias."""
        # Not taken from these, which 64 bits need not hold in formats that a search tries.
        least, most = self.bias_bounds or (int(self.biases.min()), int(self.biases.max()))
        shift, half = self.bias_shift, self.bias_half
        return (least << shift) + half, (most << shift) + half

    @cached_property
    def biased(self) -> QFormat:
        """Format of accumulator plus stored bias, exact, proven from the actual biases, or from
        the bounds of those that may be written."""
        shift = self.aligned_fraction - self.accumulator.fraction
        return QFormat.for_raw_range(
            (self.accumulator.min_raw << shift) + self._bias_range[0],
            (self.accumulator.max_raw << shift) + self._bias_range[1],
            fraction=self.aligned_fraction,
        )

    @property
    def sum_narrowing(self) -> Requantise:
        """From accumulator plus bias to the sum node; the rounding constant comes with the bias."""
        return Requantise(self.biased, self.sum, Rounding.FLOOR)

    @cached_property
    def kind(self) -> type[np.floating]:
        """Type in which nothing is lost."""
        # Of what an accumulator could hold, no more occurs than sums of products bring.
        shift = self.aligned_fraction - self.accumulator.fraction
        half = self.rounding_constant
        low = max((self.low + half) >> self.dropped, self.accumulator.min_raw)
        high = min((self.high + half) >> self.dropped, self.accumulator.max_raw)
        least, most = self._bias_range
        low, high = (low << shift) + least, (high << shift) + most
        aligned = max(low.bit_length(), high.bit_length()) + 1
        return carrier(max(self.exact_width, aligned, self.sum.width))

    def compute(self, exact: np.ndarray) -> np.ndarray:
        """Raw sums of raw exact sums, both (..., sums)."""
        # In place, since each pass over a large array takes as long as the arithmetic in it.
        kind, dropped, aligned = self.kind, self.dropped, self.aligned_fraction
        raw = np.multiply(exact, 2.0**-dropped, dtype=kind, order="C")
        if dropped:
            raw += 0.5
            np.floor(raw, out=raw)
        limit(raw, self.accumulator, out=raw)
        if shift := aligned - self.accumulator.fraction:
            raw *= 2.0**shift
        biases = (self.biases * 2.0**self.bias_shift + self.bias_half).astype(kind)
        # Over whole samples, since a few neighbours at a time take many times as long.
        count = math.prod(raw.shape[1:-1])
        samples = raw.reshape(len(raw), count * len(biases))
        samples += biases if count == 1 else np.tile(biases, count)
        if dropped := aligned - self.sum.fraction:
            raw *= 2.0**-dropped
            if dropped > 0:
                np.floor(raw, out=raw)
        return limit(raw, self.sum, out=raw)
