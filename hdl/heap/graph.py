"""A network of LUTs and carry chains, from input bits to output bits.

It is evaluated on many frames at once, counted, and made into hardware: one description of all
three. Bits are numbered; a *literal* is ``2 * bit``, or ``2 * bit + 1`` for the inverse. Bit 0 is
the constant 0, so that the literals 0 and 1 are the constants.

Where a frame takes several cycles, its inputs come in *planes*, one each cycle. Bits that
accumulate are registered behind one level, and what they were in the cycle before is a bit too, a
*state*. Outputs are those of the last plane.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from build_decoder.hdl.heap.operations import Chain, Lut, Operation, Pair, Place

__all__ = ["ONE", "ZERO", "Graph"]

ZERO, ONE = 0, 1
"""Literals of the constants."""


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
    states : dict
        For each state, the bit that it was in the cycle before.
    first : int or None
        Bit that is 1 where a frame's first plane comes to the level behind which bits accumulate;
        None if none do.
    """

    def __init__(self, inputs: int):
        self.input_count = inputs
        self.levels = [0] * (inputs + 1)
        self._positions = [*range(inputs + 1)]
        self.operations: list[Operation] = []
        self.outputs: list[int] = []
        self.states: dict[int, int] = {}
        self.first: int | None = None
        self._luts: dict[tuple[tuple[int, ...], int], int] = {}

    def bit(self, level: int, taken: Iterable[int] = ()) -> int:
        """A new bit, made of others."""
        self.levels.append(level)
        positions = [self._positions[bit] for bit in taken if bit]
        self._positions.append(sum(positions) // max(len(positions), 1))
        return len(self.levels) - 1

    def position(self, literal: int) -> int:
        """Where a literal's bit comes from: of an input bit its number, of others the mean position
        of the bits that they are made of, rounded down."""
        return self._positions[literal >> 1]

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
            output = self.bit(1 + max(self.levels[bit] for bit in inputs), inputs)
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
        taken = [bit for place in places for bit in place.inputs]
        given = [self.bit(level, taken) if sums else None for _ in places]
        end = self.bit(level, taken) if last else None
        self.operations.append(Chain(carry, tuple(places), tuple(given), end))
        return [2 * bit for bit in given if bit is not None], None if end is None else 2 * end

    def accumulate(self, level: int) -> int:
        """Let bits of a level accumulate; literal of :attr:`first`."""
        self.first = self.bit(level - 1)
        return 2 * self.first

    @property
    def accumulating(self) -> int | None:
        """Level behind which bits accumulate; None if none do."""
        return self.levels[self.first] + 1 if self.states else None

    def state(self) -> int:
        """A new state, whose bit is yet to be made."""
        return self.bit(self.levels[self.first])

    def finish(self, literals: Sequence[int]) -> None:
        """Make literals the outputs, and leave out what none of them needs."""
        self.outputs = [self._plain(literal) for literal in literals]
        needed = {literal >> 1 for literal in self.outputs}
        kept = []
        for operation in reversed(self.operations):
            if needed.intersection(operation.outputs):
                kept.append(self._needed(operation, needed))
        self.operations = kept[::-1]
        self.states = {state: bit for state, bit in self.states.items() if state in needed}

    def _needed(self, operation: Operation, needed: set[int]) -> Operation:
        """The part of an operation that is needed, and what it takes is needed then: of a chain
        that takes what it was itself, more of it."""
        while True:
            part = operation.of(needed) if isinstance(operation, Chain) else operation
            taken = {*part.taken, *(self.states[bit] for bit in part.taken if bit in self.states)}
            if taken <= needed:
                return part
            needed |= taken

    def pair(self, inputs: int) -> None:
        """Make LUTs of two outputs, each of two that follow each other and take so many bits
        together, at most."""
        found: list[Operation] = []
        for operation in self.operations:
            before = found[-1] if found else None
            if isinstance(before, Lut) and isinstance(operation, Lut):
                taken = tuple(dict.fromkeys((*before.inputs, *operation.inputs)))
                if len(taken) <= inputs and before.output not in taken:
                    tables = tuple(_widened(lut, taken) for lut in (before, operation))
                    found[-1] = Pair(taken, tables, (before.output, operation.output))
                    continue
            found.append(operation)
        self.operations = found

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

    def evaluate(self, *planes: np.ndarray) -> np.ndarray:
        """Output bits, uint8 (frames, outputs), of input bits, uint8 (frames, inputs), of a frame's
        planes in order."""
        frames = len(planes[0])
        ones = np.ones(frames, np.uint8)
        # Whatever there was before.
        values = dict.fromkeys(self.states.values(), ones)
        for number, inputs in enumerate(planes):
            states = {state: values[bit] for state, bit in self.states.items()}
            values = {0: 0 * ones, **states}
            if self.first is not None:
                values[self.first] = ones if number == 0 else 0 * ones
            values |= enumerate(np.ascontiguousarray(inputs.T, dtype=np.uint8), start=1)
            for operation in self.operations:
                values |= _made(values, operation, frames)
        given = [ones if out == ONE else values[out >> 1] for out in self.outputs]
        return np.stack(given, axis=1)


def _made(
    values: dict[int, np.ndarray], operation: Operation, frames: int
) -> list[tuple[int, np.ndarray]]:
    """Values of the bits that an operation makes."""
    if isinstance(operation, Chain):
        return _carried(values, operation, frames)
    tables = operation.tables if isinstance(operation, Pair) else (operation.table,)
    return [
        (bit, _looked_up(values, operation.inputs, table, frames))
        for bit, table in zip(operation.outputs, tables, strict=True)
    ]


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
) -> list[tuple[int, np.ndarray]]:
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


def _widened(lut: Lut, inputs: Sequence[int]) -> int:
    """The table of a LUT over more inputs than it takes."""
    places = [inputs.index(bit) for bit in lut.inputs]
    table = 0
    for entry in range(1 << len(inputs)):
        own = sum((entry >> place & 1) << n for n, place in enumerate(places))
        table |= (lut.table >> own & 1) << entry
    return table
