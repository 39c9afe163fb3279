"""Mean of an exact sum, as a floating-point code: what is known before there is hardware."""

from dataclasses import dataclass
from functools import cached_property

from build_decoder.hdl.floating.operands import TakenInputs
from build_decoder.hdl.floating.rounding import Rounding
from build_decoder.quant.floating.means import FloatMeans

__all__ = ["MeanDivision"]


@dataclass(frozen=True, eq=False)
class MeanDivision:
    """``round(sum / count)`` of the sums of a layer of means, in units of ``2**least``.

    A count that is a power of two changes the unit alone. Otherwise the sum gets :attr:`places`
    zero bits, as many as any code needs, and is divided by a product with a constant: ``floor(x /
    count)`` is that of ``x * factor / 2**shift``, for ``x`` that are not negative, if ``factor *
    count`` is ``2**shift + e`` and ``x * e`` less than ``2**shift``. What remains is zero if the
    last ``shift`` bits of the product are less than ``factor``; otherwise a bit behind the
    quotient is set, which decides between codes as all bits that are missing would.

    Parameters
    ----------
    layer
        The means.
    """

    layer: FloatMeans

    @property
    def taken(self) -> TakenInputs:
        """How values come to the sums."""
        return TakenInputs(self.layer.range)

    @property
    def width(self) -> int:
        """Bits of a sum, the sign counted in it."""
        return self.layer.sums.width

    @property
    def divides(self) -> bool:
        """Whether there is a product."""
        count = self.layer.count
        return count & (count - 1) != 0

    @property
    def places(self) -> int:
        """Zero bits behind a sum that is divided."""
        layer, format = self.layer, self.layer.output
        normal = format.fraction + 3 + layer.count.bit_length()
        return min(normal, max(layer.sums.least - format.least_exponent + 2, 0))

    @cached_property
    def _exact(self) -> tuple[int, int, int]:
        """Factor, addend and shift."""
        count, most = self.layer.count, self.layer.sums.bound << self.places
        # Sums below zero are moved up by a multiple of the count.
        moved = -(-most // count)
        greatest = most + moved * count
        shift = count.bit_length()
        while True:
            factor = -(-(1 << shift) // count)
            beyond = factor * count - (1 << shift)
            if beyond * greatest < 1 << shift:
                return factor, moved * beyond, shift
            shift += 1

    @property
    def factor(self) -> int:
        """What a sum is multiplied with, in front of its zero bits."""
        return self._exact[0]

    @property
    def addend(self) -> int:
        """What is added to the product."""
        return self._exact[1]

    @property
    def shift(self) -> int:
        """Bits of the product behind the quotient."""
        return self._exact[2]

    @cached_property
    def rounding(self) -> Rounding:
        """Rounding of the sum, or of the quotient and the bit behind it."""
        sums, output = self.layer.sums, self.layer.output
        if not self.divides:
            places = self.layer.count.bit_length() - 1
            return Rounding(self.width, True, sums.least - places, output)
        most = -(-(sums.bound << self.places) // self.layer.count)
        return Rounding(most.bit_length() + 2, True, sums.least - self.places - 1, output)

    @property
    def latency(self) -> int:
        """Cycles from a sum to its code: the sum, the product, the quotient, and the rounding."""
        return 1 + 2 * self.divides + self.rounding.latency
