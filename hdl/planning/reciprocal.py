"""Division by a constant as a product with another one."""

from dataclasses import dataclass
from functools import cached_property

from build_decoder.quant.operations.quotient import Quotient
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

__all__ = ["Reciprocal"]


@dataclass(frozen=True)
class Reciprocal:
    """``floor((2 n + d) / (2 d)) = (numerator * multiplier + addend) >> shift`` for all numerators
    of ``quotient``, whose denominator is always ``denominator``; see `Quotient` for n and d.

    With ``u`` in place of ``2 n + d``, at least 0, and ``v`` of ``2 d``: ``u / v`` and
    ``u * m / 2**k`` have the same floor if ``m * v`` is ``2**k + e`` with ``e`` at least 0, and
    ``u * e`` is less than ``2**k``. Numerators below 0 are moved up by a multiple of ``v``.

    Parameters
    ----------
    quotient
        The division.
    denominator
        Raw, at least 1.
    """

    quotient: Quotient
    denominator: int

    @cached_property
    def _exact(self) -> tuple[int, int, int]:
        """Multiplier, addend and shift."""
        zeros = max(self.quotient.shift, 0)
        half = self.denominator << max(-self.quotient.shift, 0)
        divisor = 2 * half
        least, greatest = (
            (raw << zeros + 1) + half
            for raw in (self.quotient.numerator.low, self.quotient.numerator.high)
        )
        moved = max(-(least // divisor), 0)
        most = greatest + moved * divisor
        shift = divisor.bit_length() - 1
        while True:
            factor = -(-(1 << shift) // divisor)
            if (factor * divisor - (1 << shift)) * most < 1 << shift:
                break
            shift += 1
        addend = (half + moved * divisor) * factor - (moved << shift)
        return factor << zeros + 1, addend, shift

    @property
    def multiplier(self) -> int:
        return self._exact[0]

    @property
    def addend(self) -> int:
        return self._exact[1]

    @property
    def shift(self) -> int:
        return self._exact[2]

    @property
    def adder_bits(self) -> int:
        """Bits of the adders that make the product, of a numerator for each bit of the multiplier
        that is 1, in a tree, and add the addend."""
        width, multiplier = self.quotient.numerator.format.width, self.multiplier
        terms = [
            (place, place + width) for place in range(multiplier.bit_length())
            if multiplier >> place & 1
        ]  # fmt: skip
        bits = 0
        while len(terms) > 1:
            sums = []
            for (start, end), (later, until) in zip(terms[::2], terms[1::2], strict=False):
                # What lies below the second term needs no adder.
                sums.append((start, max(end, until) + 1))
                bits += sums[-1][1] - later
            terms = sums + terms[len(sums) * 2 :]
        ((start, end),) = terms
        return bits + end - start

    @property
    def narrowing(self) -> Requantise:
        """From what is shifted to the output: saturation alone."""
        span, output = self.quotient.numerator, self.quotient.output
        low, high = (
            raw * self.multiplier + self.addend >> self.shift for raw in (span.low, span.high)
        )
        exact = QFormat.for_raw_range(min(low, 0), max(high, 0), fraction=output.fraction)
        return Requantise(exact, output, Rounding.FLOOR)
