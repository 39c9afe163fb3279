"""Division bit by bit, of numbers that are not negative."""

from dataclasses import dataclass

__all__ = ["SerialDivision"]


@dataclass(frozen=True)
class SerialDivision:
    """``floor(numerator * 2**places / denominator)``, a bit a cycle, the highest one first.

    Parameters
    ----------
    numerator, denominator
        Bits of the operands, unsigned.
    whole
        Bits of the quotient before its point: the numerator is always less than the denominator
        times ``2**whole``, or both are zero.
    places
        Bits behind the point; below zero, as many before it that are not computed.

    Raises
    ------
    ValueError
        If there is no bit to compute.
    """

    numerator: int
    denominator: int
    whole: int
    places: int

    def __post_init__(self):
        if self.bits < 1:
            raise ValueError(f"expected at least 1 bit of a quotient, got {self.bits}")

    @property
    def bits(self) -> int:
        """Bits of the quotient, which are the cycles that it takes."""
        return self.whole + self.places
