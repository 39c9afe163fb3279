"""Input range: which floating-point inputs a layer's accumulator is made for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.floating.float_format import FloatFormat

__all__ = ["InputRange"]


@dataclass(frozen=True)
class InputRange:
    """Inputs from ``-greatest`` to ``greatest`` that are multiples of ``2**least``.

    An input beyond becomes one that is in the range, so that no accumulator ever overflows: a size
    above ``greatest``, an infinity too, becomes ``greatest``; bits below ``2**least`` are dropped,
    towards zero; the sign stays. NaN stays NaN. :meth:`beyond` tells which inputs change.

    Parameters
    ----------
    format
        Format of the inputs.
    greatest
        Greatest size, a finite number of the format, not negative. None: its greatest number.
    least
        Exponent of the last bit. None: that of the format's last bit.

    Raises
    ------
    ValueError
        If the format does not have ``greatest``, or ``least`` is below its last bit.
    """

    format: FloatFormat
    greatest: float | None = None
    least: int | None = None

    def __post_init__(self):
        if self.greatest is None:
            greatest = float(self.format.decode(self.format.infinity - 1))
            object.__setattr__(self, "greatest", greatest)
        if self.least is None:
            object.__setattr__(self, "least", self.format.least_exponent)
        code = self._greatest_code
        if code >= self.format.infinity or self.format.decode(code) != self.greatest:
            raise ValueError(
                f"expected a finite number of {self.format}, 0 or above, as the greatest input, "
                f"got {self.greatest}"
            )
        if self.least < self.format.least_exponent:
            raise ValueError(
                f"expected a last bit of 2**{self.format.least_exponent} ({self.format}) or above, "
                f"got 2**{self.least}"
            )

    @cached_property
    def _greatest_code(self) -> int:
        return int(self.format.encode(self.greatest))

    @cached_property
    def steps(self) -> int:
        """Greatest input in units of ``2**least``."""
        significand, exponent = self.format.parts(self._greatest_code)
        shift = int(exponent) - self.least
        return int(significand) << shift if shift >= 0 else int(significand) >> -shift

    def take(self, codes) -> np.ndarray:
        """Codes (any shape) in the range for any ``codes``; NaN stays as it is."""
        format = self.format
        codes = format.checked(codes)
        sign = codes & format.sign_bit
        size = codes ^ sign
        is_nan = size > format.infinity
        clamped = np.minimum(size, self._greatest_code)
        _, exponents = format.parts(clamped)
        dropped = np.clip(self.least - exponents, 0, format.fraction + 1)
        cut = np.where(dropped > format.fraction, 0, clamped >> dropped << dropped)
        return np.where(is_nan, codes, cut | sign)

    def beyond(self, codes) -> np.ndarray:
        """Where ``codes`` (any shape) are outside of the range, or NaN; booleans."""
        taken = self.take(codes)
        return (taken != codes) | ((taken & (self.format.sign_bit - 1)) > self.format.infinity)
