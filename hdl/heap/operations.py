"""LUTs and carry chains, of bits that are numbered; see :mod:`hdl.heap.graph`.

All have ``outputs``, bits that they make, ``taken``, bits that they take, and ``levels``.
"""

from collections.abc import Set
from dataclasses import dataclass

__all__ = ["Chain", "Lut", "Operation", "Pair", "Place"]


@dataclass(frozen=True)
class Lut:
    """A LUT.

    Parameters
    ----------
    inputs
        Bits, the first of which counts least in the number of a table's entry.
    table
        Entries, as an integer's bits.
    output
        The bit that it makes.
    """

    inputs: tuple[int, ...]
    table: int
    output: int

    @property
    def outputs(self) -> tuple[int, ...]:
        """The bit that it makes."""
        return (self.output,)

    @property
    def taken(self) -> tuple[int, ...]:
        """Bits that it takes."""
        return self.inputs

    levels = 1
    """Levels that it takes."""

@dataclass(frozen=True)
class Pair:
    """A LUT of two outputs, each a function of the same inputs.

    Parameters
    ----------
    inputs
        Bits, the first of which counts least in the number of a table's entry.
    tables
        Of each output: entries, as an integer's bits.
    outputs
        The bits that it makes.
    """

    inputs: tuple[int, ...]
    tables: tuple[int, int]
    outputs: tuple[int, int]

    @property
    def taken(self) -> tuple[int, ...]:
        """Bits that it takes."""
        return self.inputs

    levels = 1
    """Levels that it takes."""

@dataclass(frozen=True, slots=True)
class Place:
    """A place of a carry chain: its LUT, and what becomes the carry where the LUT does not
    propagate the one that comes in.

    Parameters
    ----------
    inputs
        Bits of the LUT; with none of them it is no LUT but a constant.
    propagates
        Table of the LUT's first output.
    second
        Table of its second output, a function of the first five inputs; None if it has none.
    past
        Bit that becomes the carry, which goes past the LUT; None: the second output does.
    output
        Bit that the second output is; None if nothing but the carry takes it.
    """

    inputs: tuple[int, ...]
    propagates: int
    second: int | None = None
    past: int | None = None
    output: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A carry chain.

    A place gives the exclusive or of ``propagates`` and the carry that comes in. The carry that
    leaves it is the one that came in where it propagates, and what the place says otherwise.

    Parameters
    ----------
    carry
        Literal of the first carry: a bit, or the constant 1.
    places
        From the least on. A place may take what the second output of one before it is.
    sums
        Bits that places give; None where nothing takes one.
    last
        Bit that the last carry is; None if nothing takes it.
    """

    carry: int
    places: tuple[Place, ...]
    sums: tuple[int | None, ...]
    last: int | None

    @property
    def outputs(self) -> tuple[int, ...]:
        """Bits that it makes, those that only its own places take included."""
        second = (place.output for place in self.places)
        return tuple(bit for bit in (*self.sums, self.last, *second) if bit is not None)

    def of(self, needed: Set[int]) -> "Chain":
        """The same without what makes none of the ``needed`` bits: places at the end, and sums."""
        count, last = len(self.places), self.last if self.last in needed else None
        while last is None and not {self.sums[count - 1], self.places[count - 1].output} & needed:
            count -= 1
        sums = tuple(bit if bit in needed else None for bit in self.sums[:count])
        return Chain(self.carry, self.places[:count], sums, last)

    @property
    def taken(self) -> tuple[int, ...]:
        """Bits that it takes and does not make."""
        made = {place.output for place in self.places}
        bits = [self.carry >> 1]
        for place in self.places:
            bits += place.inputs if place.past is None else (*place.inputs, place.past)
        return tuple(bit for bit in dict.fromkeys(bits) if bit not in made)

    @property
    def levels(self) -> int:
        """Levels that it takes: two where a place takes what another one's LUT gives."""
        made = {place.output for place in self.places}
        return 1 + any(bit in made for place in self.places for bit in place.inputs)


Operation = Lut | Pair | Chain
"""What makes bits of others."""
