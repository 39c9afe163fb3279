"""Exact division, rounded half up."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.carrier import carrier
from build_decoder.quant.limiting import limit
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["Quotient"]

_INT64_BITS = 61
"""Widest operands, in bits, of which twice the one plus the other is an int64."""


@dataclass(frozen=True)
class Quotient:
    """``saturate(floor(numerator / denominator + 1/2))`` in steps of the output, exactly; zero
    where the denominator is zero.

    As ``floor(n / d + 1/2)`` is ``floor((2 n + d) / (2 d))``, one division of integers does it.

    Parameters
    ----------
    numerator, denominator
        Ranges of the operands.
    output
        Format of the result.
    """

    numerator: Span
    denominator: Span
    output: QFormat

    @property
    def shift(self) -> int:
        """Zero bits that are appended to the numerator; to the denominator if below zero."""
        return self.output.fraction + self.denominator.fraction - self.numerator.fraction

    @property
    def dividend(self) -> Span:
        """The numerator with its zero bits."""
        return self.numerator.aligned(self.numerator.fraction + max(self.shift, 0))

    @property
    def divisor(self) -> Span:
        """The denominator with its zero bits."""
        return self.denominator.aligned(self.denominator.fraction + max(-self.shift, 0))

    def check(self) -> None:
        """Raise `ValueError` if an operand is wider than the widest format."""
        self.dividend.check("a dividend, with the fraction bits of its quotient,", "output")
        self.divisor.check("a divisor, with the fraction bits of its quotient,", "output")

    def compute(self, numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
        """Raw quotients of raw operands, shapes that broadcast."""
        if max(self.dividend.width, self.divisor.width) <= _INT64_BITS:
            n = numerator.astype(np.int64) << max(self.shift, 0)
            d = denominator.astype(np.int64) << max(-self.shift, 0)
            quotient = (2 * n + d) // np.where(d == 0, 1, 2 * d)
        else:
            # Wider than what is built, and as good as real numbers.
            n, d = numerator.astype(np.float64), denominator.astype(np.float64)
            quotient = np.floor(n / np.where(d == 0, 1, d) * 2.0**self.shift + 0.5)
        quotient = np.where(d == 0, 0, quotient)
        limited = limit(quotient, self.output)
        return limited.astype(carrier(self.output.width))
