"""Windows side by side along an axis, some of them cut off at its ends."""

from dataclasses import dataclass
from itertools import pairwise

__all__ = ["LeadingWindows", "WholeWindows", "Windows", "power_of_two"]


@dataclass(frozen=True)
class Windows:
    """``count`` values in windows of ``size``; what the windows have to spare lies half before and
    half behind, or one more behind, as TensorFlow has it.

    Parameters
    ----------
    count
        Values, at least 1.
    size
        Of a window, at least 1.
    """

    count: int
    size: int

    @property
    def windows(self) -> int:
        """How many there are."""
        return -(-self.count // self.size)

    @property
    def before(self) -> int:
        """Places of the first window that lie before the first value."""
        return (self.windows * self.size - self.count) // 2

    @property
    def over(self) -> int:
        """Values that the last window has behind its own."""
        return 0

    @property
    def lengths(self) -> list[int]:
        """Values in each window, at least 1."""
        ends = range(self.size - self.before, self.count + self.size, self.size)
        return [end - start for start, end in pairwise([0, *(min(e, self.count) for e in ends)])]


@dataclass(frozen=True)
class LeadingWindows(Windows):
    """Windows that begin with the first value; the last one may be cut off."""

    @property
    def before(self) -> int:
        return 0


@dataclass(frozen=True)
class WholeWindows(Windows):
    """Windows that begin with the first value; the last one has what is left over behind it."""

    @property
    def windows(self) -> int:
        return self.count // self.size

    @property
    def before(self) -> int:
        return 0

    @property
    def over(self) -> int:
        return self.count % self.size

    @property
    def lengths(self) -> list[int]:
        return [self.size] * (self.windows - 1) + [self.size + self.over]


def power_of_two(count: int) -> int:
    """The least one that is at least ``count``."""
    return 1 << (count - 1).bit_length()
