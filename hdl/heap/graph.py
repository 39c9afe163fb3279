"""A network of LUTs and carry chains, from input bits to output bits.

It is evaluated on many frames at once, counted, and made into hardware: one description of all
three. Bits are numbered; a *literal* is ``2 * bit``, or ``2 * bit + 1`` for the inverse. Bit 0 is
the constant 0, so that the literals 0 and 1 are the constants.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np

__all__ = ["ONE", "ZERO", "Chain", "Graph", "Lut", "Place"]

ZERO, ONE = 0, 1
"""Literals of the constants."""


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


class Graph:
    """Operations, each after those whose bits it takes.

    Parameters
    ----------
    inputs
        Bits that come from outside, which have the numbers from 1 on.

    Attributes
    ----------
    levels : list of int
        Of each bit: LUTs, each with the carry chain behind it, that are in a row from the inputs.
        All that an operation makes has one level.
    operations : list of Lut or Chain
        In the order in which they were added.
    outputs : list of int
        Literals that go out, none of them inverted.
    """

    def __init__(self, inputs: int):
        self.input_count = inputs
        self.levels = [0] * (inputs + 1)
        self.operations: list[Lut | Chain] = []
        self.outputs: list[int] = []
        self._luts: dict[tuple[tuple[int, ...], int], int] = {}

    def bit(self, level: int) -> int:
        """A new bit."""
        self.levels.append(level)
        return len(self.levels) - 1

    def level(self, literal: int) -> int:
        """Level of a literal's bit."""
        return self.levels[literal >> 1]

    def lut(self, literals: Sequence[int], table: int) -> int:
        """Literal of a function of others, by its table over these; constants and literals that
        come twice are none of its inputs, and it is none where it is one of them."""
        inputs, table = _folded(literals, table)
        if not inputs:
            return table & 1
        if len(inputs) == 1 and table in (0b10, 0b01):
            return 2 * inputs[0] + (table == 0b01)
        if (inputs, table) not in self._luts:
            # Synthesis would make one of several that are alike.
            output = self.bit(1 + max(self.levels[bit] for bit in inputs))
            self.operations.append(Lut(inputs, table, output))
            self._luts[inputs, table] = output
        return 2 * self._luts[inputs, table]

    def chain(
        self, carry: int, places: Sequence[Place], *, sums: bool = True, last: bool = False
    ) -> tuple[list[int], int | None]:
        """Literals of a chain's sums, if they are taken, and of its last carry, if that is.

        Raises
        ------
        ValueError
            If the first carry is the inverse of a bit.
        """
        if carry & 1 and carry != ONE:
            raise ValueError(f"expected a bit for a carry, got the inverse of {carry >> 1}")
        past = [self.levels[place.past] for place in places if place.past is not None]
        inputs = [1 + self.levels[bit] for place in places for bit in place.inputs]
        level = max(self.level(carry), 1, *past, *inputs)
        for place in places:
            if place.output is not None:
                self.levels[place.output] = level
        given = [self.bit(level) for _ in places] if sums else [None] * len(places)
        end = self.bit(level) if last else None
        self.operations.append(Chain(carry, tuple(places), tuple(given), end))
        return [2 * bit for bit in given if bit is not None], None if end is None else 2 * end

    def finish(self, literals: Sequence[int]) -> None:
        """Make literals the outputs, and leave out what none of them needs."""
        self.outputs = [self._plain(literal) for literal in literals]
        needed = {literal >> 1 for literal in self.outputs}
        kept = []
        for operation in reversed(self.operations):
            if needed.intersection(operation.outputs):
                if isinstance(operation, Chain):
                    operation = operation.of(needed)
                needed.update(operation.taken)
                kept.append(operation)
        self.operations = kept[::-1]

    def _plain(self, literal: int) -> int:
        """The same as no inverse."""
        if literal <= ONE or not literal & 1:
            return literal
        output = self.bit(1 + self.level(literal))
        self.operations.append(Lut((literal >> 1,), 0b01, output))
        return 2 * output

    @property
    def depth(self) -> int:
        """Levels from the inputs to the last output."""
        return max(self.level(literal) for literal in self.outputs)

    def evaluate(self, inputs: np.ndarray) -> np.ndarray:
        """Output bits, uint8 (frames, outputs), of input bits, uint8 (frames, inputs)."""
        frames = len(inputs)
        values: dict[int, np.ndarray] = {0: np.zeros(frames, np.uint8)}
        values |= enumerate(np.ascontiguousarray(inputs.T, dtype=np.uint8), start=1)
        for operation in self.operations:
            if isinstance(operation, Lut):
                values[operation.output] = _looked_up(
                    values, operation.inputs, operation.table, frames
                )
            else:
                values |= _carried(values, operation, frames)
        ones = np.ones(frames, np.uint8)
        given = [ones if out == ONE else values[out >> 1] for out in self.outputs]
        return np.stack(given, axis=1)


def _looked_up(
    values: dict[int, np.ndarray], inputs: Sequence[int], table: int, frames: int
) -> np.ndarray:
    entry = np.zeros(frames, np.uint8)
    for n, bit in enumerate(inputs):
        entry |= values[bit] << n
    entries = [(table >> n) & 1 for n in range(1 << len(inputs))]
    return np.array(entries, np.uint8)[entry]


def _carried(
    values: dict[int, np.ndarray], chain: Chain, frames: int
) -> Iterator[tuple[int, np.ndarray]]:
    carry = np.ones(frames, np.uint8) if chain.carry == ONE else values[chain.carry >> 1]
    inside = dict(values)
    found = []
    for place, given in zip(chain.places, chain.sums, strict=True):
        propagates = _looked_up(inside, place.inputs, place.propagates, frames)
        second = None
        if place.second is not None:
            second = _looked_up(inside, place.inputs[:5], place.second, frames)
        if place.output is not None:
            inside[place.output] = second
            found.append((place.output, second))
        if given is not None:
            found.append((given, propagates ^ carry))
        other = second if place.past is None else inside[place.past]
        carry = np.where(propagates, carry, other)
    if chain.last is not None:
        found.append((chain.last, carry))
    return found


def _folded(literals: Sequence[int], table: int) -> tuple[tuple[int, ...], int]:
    """Bits without constants, each once, and the table over these; none that it does not depend
    on."""
    bits = list(dict.fromkeys(literal >> 1 for literal in literals if literal > ONE))
    entries = []
    for number in range(1 << len(bits)):
        value = {bit: (number >> n) & 1 for n, bit in enumerate(bits)} | {0: 0}
        entry = sum((value[lit >> 1] ^ (lit & 1)) << n for n, lit in enumerate(literals))
        entries.append((table >> entry) & 1)
    for n in reversed(range(len(bits))):
        low, high = _halves(entries, n)
        if low == high:
            entries = low
            del bits[n]
    return tuple(bits), sum(entry << n for n, entry in enumerate(entries))


def _halves(entries: list[int], bit: int) -> tuple[list[int], list[int]]:
    """Entries where a bit of their number is 0, and where it is 1."""
    halves = [], []
    for number, entry in enumerate(entries):
        halves[(number >> bit) & 1].append(entry)
    return halves
