"""An estimate between its ends."""

from dataclasses import dataclass

__all__ = ["Estimate"]


@dataclass(frozen=True)
class Estimate:
    """A quantity that nobody has measured, between ends that its source tells."""

    low: float
    middle: float
    high: float

    def times(self, factor: float) -> "Estimate":
        """All three, multiplied."""
        return Estimate(*(factor * each for each in (self.low, self.middle, self.high)))

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(
            self.low + other.low, self.middle + other.middle, self.high + other.high
        )
