"""Softmax in integers: powers of differences to the greatest value, and their shares."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.carrier import carried, carrier
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.quotient import Quotient
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["Normalise", "difference_format"]


def difference_format(input: QFormat) -> QFormat:
    """Format of differences of two values of ``input``.

    Raises
    ------
    ValueError
        If it is wider than the widest format.
    """
    return QFormat(input.integer + 1 + (not input.signed), input.fraction)


@dataclass(frozen=True, eq=False)
class Normalise:
    """Over the ``count`` values of the last axis::

        difference = x - max(x)
        p          = power(difference)
        y          = saturate(round_half_up(p / sum(p)))      zero where the sum is zero

    Parameters
    ----------
    input
        Format of ``x``.
    count
        Values that are normalised together.
    power
        Parameter object of the exponential, from :func:`difference_format`.
    output
        Format of ``y``.
    """

    input: QFormat
    count: int
    power: IntegerActivation
    output: QFormat

    @cached_property
    def quotient(self) -> Quotient:
        """The division of each power by their sum."""
        powers = Span.of(self.power.output)
        return Quotient(powers, powers.times(self.count), self.output)

    def check(self) -> None:
        """Raise `ValueError` if formats do not match or a sum is wider than the widest one."""
        expected = difference_format(self.input)
        if self.power.input != expected:
            raise ValueError(
                f"expected powers of differences in {expected}, got {self.power.input}"
            )
        self.quotient.check()

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw shares (samples, ..., count) of raw values of that shape."""
        x = carried(x, carrier(self.power.input.width))
        powers = Activate(self.power).compute(x - x.max(axis=-1, keepdims=True))
        kind = self.quotient.denominator.kind
        return self.quotient.compute(powers, powers.sum(axis=-1, keepdims=True, dtype=kind))
