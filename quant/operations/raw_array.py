"""Raw weights, with properties that are computed once."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["RawArray"]


@dataclass(frozen=True, eq=False)
class RawArray:
    """Weights in integers.

    Parameters
    ----------
    format
        Format of all of them.
    raw
        Int64 (..., sums): the last axis counts the sums that they take part in.
    reach
        Limits of the weights that may be written in their place; None if they are constants. What
        follows from weights follows from these limits then. They do not change what is computed,
        and are no part of an :func:`~quant.operations.identity.identity`.

    Attributes
    ----------
    extent : tuple of int
        The least and the greatest.

    Raises
    ------
    ValueError
        If one is outside of the format, or a sum's weights are outside of the limits.
    """

    format: QFormat
    raw: np.ndarray
    reach: Reach | None = field(default=None, compare=False)
    extent: tuple[int, int] = field(init=False, repr=False, compare=False)
    _carried: dict = field(default_factory=dict, init=False, repr=False)
    _extremes: dict = field(default_factory=dict, init=False, repr=False)
    _ranges: dict = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self):
        low, high = int(self.raw.min()), int(self.raw.max())
        if low < self.format.min_raw or high > self.format.max_raw:
            raise ValueError(f"expected raw values in {self.format}, got {low} to {high}")
        object.__setattr__(self, "extent", (low, high))
        if self.reach is not None:
            found = self.reach.excess(self.positive, self.negative)
            if found is not None:
                number, text = found
                raise ValueError(f"sum {number}: {text}")

    @classmethod
    def of(cls, values: np.ndarray, format: QFormat) -> "RawArray":
        """The nearest that ``format`` has to real ``values``."""
        return cls(format, format.quantise(values))

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Least and greatest value that may be written; None of constants."""
        return None if self.reach is None else (self.format.min_raw, self.format.max_raw)

    @property
    def span(self) -> Span:
        """Range of the values, and zero."""
        if self.reach is not None:
            return Span.of(self.format)
        return Span.of_raw(self.raw, self.format.fraction)

    @cached_property
    def matrix(self) -> np.ndarray:
        """Int64 (terms, sums)."""
        return self.raw.reshape(-1, self.raw.shape[-1])

    @cached_property
    def positive(self) -> list[int]:
        """Sum of the positive ones of each sum."""
        return np.maximum(self.matrix, 0).sum(axis=0).tolist()

    @cached_property
    def negative(self) -> list[int]:
        """Sum of the negative ones of each sum; not above zero."""
        return np.minimum(self.matrix, 0).sum(axis=0).tolist()

    def extremes(self, times_positive: int, times_negative: int) -> list[int]:
        """For each sum, its positive weights times one number and its negative ones times another.

        Python's integers: formats that a search tries may be wider than any that is built.
        """
        key = (times_positive, times_negative)
        if key not in self._extremes:
            pairs = zip(self.positive, self.negative, strict=True)
            self._extremes[key] = [
                most * times_positive + least * times_negative for most, least in pairs
            ]
        return self._extremes[key]

    def range(self, least: int, most: int) -> tuple[int, int]:
        """Least and greatest of all sums of products with numbers from ``least``, not above zero,
        to ``most``."""
        key = (least, most)
        if key not in self._ranges:
            self._ranges[key] = min(self.extremes(least, most)), max(self.extremes(most, least))
        return self._ranges[key]

    def carried(self, kind: type[np.floating]) -> np.ndarray:
        """:attr:`matrix` in the type ``kind``."""
        if kind not in self._carried:
            self._carried[kind] = self.matrix.astype(kind)
        return self._carried[kind]
