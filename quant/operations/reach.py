"""How far weights that are written at run time may reach."""

from collections.abc import Sequence
from dataclasses import dataclass

from build_decoder.quant.qformat import QFormat

__all__ = ["Reach"]


@dataclass(frozen=True)
class Reach:
    """Limits of the weights that take part in one sum of products, whichever sum it is.

    Widths of sums follow from these limits and not from weights, so that other weights can take
    their place.

    Parameters
    ----------
    one_sign
        Most that all positive weights of a sum, or all negative ones, come to: raw magnitudes.
    both_signs
        Most that all weights of a sum come to.
    """

    one_sign: int
    both_signs: int

    @classmethod
    def any(cls, format: QFormat, terms: int) -> "Reach":
        """That of any ``terms`` weights in ``format``: all that it can hold."""
        most = terms * max(format.max_raw, -format.min_raw)
        return cls(most, most)

    @classmethod
    def of(cls, positive: Sequence[int], negative: Sequence[int]) -> "Reach":
        """That of weights whose positive and negative ones come to these sums, sum by sum."""
        pairs = list(zip(positive, negative, strict=True))
        return cls(
            max(max(most, -least) for most, least in pairs),
            max(most - least for most, least in pairs),
        )

    def __add__(self, other: "Reach") -> "Reach":
        """That of sums that have terms of both."""
        return Reach(self.one_sign + other.one_sign, self.both_signs + other.both_signs)

    def times(self, factor: int) -> "Reach":
        """``factor`` times as far."""
        return Reach(self.one_sign * factor, self.both_signs * factor)

    def within(self, other: "Reach") -> "Reach":
        """No farther than ``other``."""
        return Reach(
            min(self.one_sign, other.one_sign), min(self.both_signs, other.both_signs)
        )

    def extreme(self, times_positive: int, times_negative: int) -> int:
        """The furthest that a sum of products goes where values are ``times_positive`` at positive
        weights and ``times_negative``, which has not the same sign, at negative ones."""
        value = self.one_sign * (times_positive - times_negative)
        furthest = self.both_signs * max(abs(times_positive), abs(times_negative))
        return min(value, furthest) if value > 0 else max(value, -furthest)

    def excess(self, positive: Sequence[int], negative: Sequence[int]) -> tuple[int, str] | None:
        """The first sum whose weights reach farther, by its number, and what they come to, as text;
        None if there is none."""
        for number, (most, least) in enumerate(zip(positive, negative, strict=True)):
            if max(most, -least) > self.one_sign:
                return number, f"expected weights of one sign that come to at most " \
                    f"{self.one_sign}, got {max(most, -least)}"
            if most - least > self.both_signs:
                return number, f"expected weights that come to at most {self.both_signs}, " \
                    f"got {most - least}"
        return None
