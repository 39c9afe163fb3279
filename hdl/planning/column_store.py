"""Columns that are kept for windows which lie over several of them."""

from dataclasses import dataclass
from functools import cached_property

from build_decoder.hdl.planning.windows import power_of_two

__all__ = ["READ_LATENCY", "ColumnStore"]

READ_LATENCY = 2
"""Cycles from the address of a block to its values: the memory, and what selects among banks."""


@dataclass(frozen=True)
class ColumnStore:
    """Places of columns, in banks from which ``times`` columns by ``rows`` words are read at once.

    Columns come one after the other, whatever frame they are of, into one place after the other and
    the first again. Word ``n`` of the column in place ``p`` is in bank ``p % time_banks`` by
    ``n % row_banks``, so that neighbours are in different banks.

    Parameters
    ----------
    columns
        Columns that there must be places for.
    words
        Words of a column.
    times, rows
        Neighbouring columns, and neighbouring words of each, that are read at once.
    """

    columns: int
    words: int
    times: int
    rows: int

    @property
    def time_banks(self) -> int:
        """Banks of different places."""
        return power_of_two(self.times)

    @property
    def row_banks(self) -> int:
        """Banks of different words."""
        return power_of_two(self.rows)

    @cached_property
    def places(self) -> int:
        """Places for columns: whole rounds of the banks."""
        return -(-self.columns // self.time_banks) * self.time_banks

    @property
    def banks(self) -> int:
        """Memories of columns that are read at once."""
        return self.time_banks * self.row_banks

    @property
    def times_first(self) -> bool:
        """Whether each time is selected of all rows' banks, and rows of these then: of fewer values
        than the other way round."""
        return self._inputs(self._selected[0]) < self._inputs(self._selected[1])

    def selected(self, width: int) -> tuple[tuple[int, int], ...]:
        """Bits of words of ``width`` bits that are selected, and among how many banks."""
        ways = self._selected[0] if self.times_first else self._selected[1]
        return tuple((words * width, banks) for words, banks in ways if banks > 1)

    @property
    def _selected(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Words that are selected, and among how many: times first, and rows first."""
        last = self.times * self.rows
        return (
            ((self.times * self.row_banks, self.time_banks), (last, self.row_banks)),
            ((self.rows * self.time_banks, self.row_banks), (last, self.time_banks)),
        )

    @staticmethod
    def _inputs(selected: tuple[tuple[int, int], ...]) -> int:
        return sum(words * (banks - 1) for words, banks in selected)

    @property
    def word_bits(self) -> int:
        """Bits of a word's number in its column."""
        return (max(power_of_two(self.words), self.row_banks) - 1).bit_length()

    @property
    def depth(self) -> int:
        """Words of a bank."""
        return (self.places // self.time_banks << self.word_bits) // self.row_banks
