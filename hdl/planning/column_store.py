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

    def selected(self, width: int) -> tuple[tuple[int, int], ...]:
        """Bits of words of ``width`` bits that are selected, and among how many banks: rows of each
        bank in time first, then times of each row."""
        of_rows = self.time_banks * self.rows * width, self.row_banks
        of_times = self.times * self.rows * width, self.time_banks
        return tuple(each for each in (of_rows, of_times) if each[1] > 1)

    @property
    def word_bits(self) -> int:
        """Bits of a word's number in its column."""
        return (max(power_of_two(self.words), self.row_banks) - 1).bit_length()

    @property
    def depth(self) -> int:
        """Words of a bank."""
        return (self.places // self.time_banks << self.word_bits) // self.row_banks
