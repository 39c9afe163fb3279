"""Seen ranges: which inputs each layer's accumulator is made for, from data."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np

from build_decoder.models.network import Network
from build_decoder.quant.floating.exact_sums import last_bits
from build_decoder.quant.floating.float_format import FloatFormat

__all__ = ["Extent", "held", "seen_range", "together", "values_seen"]

_GUARD_BITS = 8
"""Bits that inputs have below the last one of the greatest. What is dropped below is 256 times
smaller than what the rounding of the greatest inputs is, and costs an accumulator its width."""

_PART = 1 << 23
"""Values of a network that are held at a time."""


class Extent(NamedTuple):
    """The greatest size among some numbers of a format, and the exponent of the last bit that any
    of them has, None if all are zero."""

    size: float
    last: int | None

    @classmethod
    def of(cls, format: FloatFormat, values: np.ndarray) -> Self:
        """That of real ``values`` (any shape); ValueError if the format does not hold them."""
        codes = held(format, values, "inputs")
        size = float(np.abs(format.decode(codes)).max(initial=0.0))
        return cls(size, min(last_bits(format, codes), default=None))

    def with_those_of(self, other: Self) -> Self:
        """That of both."""
        lasts = [extent.last for extent in (self, other) if extent.last is not None]
        return type(self)(max(self.size, other.size), min(lasts, default=None))

    def range(self, format: FloatFormat) -> tuple[int, int]:
        """The code of the greatest input that is taken, and the exponent of the last bit.

        The greatest is the last number below the next power of two. The last bit is that of the
        values, as of whole numbers, or the one behind which bits are too small to matter.
        """
        power = math.frexp(self.size)[1] if self.size else 1
        step = power - 1 - format.fraction
        last = max(0 if self.last is None else self.last, step - _GUARD_BITS)
        return int(format.encode(2.0**power - 2.0 ** max(last, step))), last


def seen_range(format: FloatFormat, values: np.ndarray) -> tuple[int, int]:
    """:meth:`Extent.range` of real ``values``."""
    return Extent.of(format, values).range(format)


def together(ranges: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The range that holds all of some, each a code of the greatest size and the exponent of the
    last bit."""
    greatest, last = zip(*ranges, strict=True)
    return max(greatest), min(last)


def held(format: FloatFormat, values: np.ndarray, name: str) -> np.ndarray:
    """Codes of ``values``; ValueError unless all are numbers of the format."""
    beyond = format.outside(values)
    if beyond.any():
        raise ValueError(
            f"expected {name} that {format} holds, up to {format.ends[1]:g} in size, got "
            f"{np.asarray(values)[beyond].flat[0]:g}"
        )
    return format.encode(values)


def values_seen(network: Network, x: np.ndarray) -> Iterable[Mapping[str, np.ndarray]]:
    """Values of every input and node in floats, of a few samples of ``x`` at a time."""
    most = max(_PART // sum(map(math.prod, network.shapes.values())), 1)
    for start in range(0, len(x), most):
        yield network.values(x[start : start + most])
