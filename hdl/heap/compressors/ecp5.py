"""ECP5: carry chains of CCU2Cs. Each has two places, which are LUTs of four inputs and give a bit.

A place takes two bits of its column, or both places of a CCU2C four bits of a column and none of
the next one. The first carry is 0, and a place more gives the last one. So a chain takes two bits
for each that it gives, but for the last. What a place makes the carry is a function of two inputs,
and the one that its LUT is where the others are 0. There is no compressor without a carry chain
that takes as many bits off a heap for a LUT.

Of the bits of a column, a chain takes those that come from near its first ones
(:meth:`Graph.position`). Wires are as long as these are apart: with bits in any order, no router
came to an end with ``ahead_case1`` at a frame each cycle.
"""

from bisect import bisect_left

from build_decoder.hdl.heap.compressors import Columns
from build_decoder.hdl.heap.graph import ZERO, Graph
from build_decoder.hdl.heap.operations import Chain, Operation, Place
from build_decoder.hdl.heap.tables import mask_of, parity

__all__ = ["COMPRESSORS", "Ecp5Compressors"]

_COMPARED = 2
"""Bits that a place compares."""

_MOST_TAKEN = 4
"""Bits of a column that a chain takes, at most."""

_FEW = 3
"""Places of a chain that takes fewer LUTs for each bit than three bits by LUTs do."""

_PARITY_OF_THREE, _MOST_OF_THREE = 0b10010110, 0b11101000


class Ecp5Compressors:
    """See :class:`hdl.heap.compressors.Compressors`."""

    name = __name__.rpartition(".")[-1]
    lut_inputs = 4
    pair_inputs = 0
    bits_a_lut = 1
    most = 2
    shift_register = None

    def luts(self, operation: Operation) -> int:
        """A CCU2C takes two, if it has one place as well."""
        if not isinstance(operation, Chain):
            return 1
        return len(operation.places) + len(operation.places) % 2

    def compress(self, graph: Graph, ready: Columns, given: Columns, last: bool) -> None:
        """Additions of two bits a column, until none has two bits left of three or more."""
        for bits in ready:
            bits.sort(key=graph.position)
        for column in range(len(ready)):
            while (
                len(ready[column]) > 1
                and len(ready[column]) + len(given[column]) > self.most
                and _addition(graph, ready, given, column)
            ):
                pass

    def add(self, graph: Graph, columns: Columns) -> list[int]:
        """A chain from the first column of two bits on."""
        start = 0
        while start < len(columns) and len(columns[start]) <= 1:
            start += 1
        total = [column[0] if column else ZERO for column in columns[:start]]
        places = [_place(column) for column in columns[start:]]
        return total + (graph.chain(ZERO, places)[0] if places else [])

    def compare(self, graph: Graph, bits: list[int], threshold: int) -> int:
        """A few LUTs in a row, or a chain whose places compare two bits each."""
        if len(bits) <= 2 * self.lut_inputs - 1:
            return self._few_at_least(graph, bits, threshold)
        places = []
        for low in range(0, len(bits), _COMPARED):
            part = bits[low : low + _COMPARED]
            wanted, mask = (threshold >> low) & (1 << _COMPARED) - 1, mask_of(part)
            # Of the lowest, equal bits are enough, and no carry comes in.
            least = wanted if low == 0 else wanted + 1
            places.append(
                Place(
                    tuple(literal >> 1 for literal in part),
                    0 if low == 0 else 1 << (wanted ^ mask),
                    sum(1 << (number ^ mask) for number in range(least, 1 << len(part))),
                )
            )
        return graph.chain(ZERO, [*places, _place([])])[0][-1]

    def _few_at_least(self, graph: Graph, bits: list[int], threshold: int) -> int:
        low = bits[: self.lut_inputs]
        part = threshold & (1 << len(low)) - 1
        table = sum(1 << number for number in range(part, 1 << len(low)))
        enough, high = graph.lut(low, table), bits[self.lut_inputs :]
        if not high:
            return enough
        # Of the upper bits, more than are wanted, or as many and enough of the lower ones.
        wanted = threshold >> self.lut_inputs
        table = sum(
            1 << number
            for number in range(2 << len(high))
            if (number >> 1) + (number & 1) > wanted
        )
        return graph.lut([enough, *high], table)


COMPRESSORS = Ecp5Compressors()
"""Those of the family."""


def _addition(graph: Graph, ready: Columns, given: Columns, start: int) -> bool:
    """A chain from a column on, as far as there are two bits, and a place for its last carry; of
    few columns, three bits by LUTs. Whether there are bits for either."""
    left = [list(bits) for bits in ready[start:]]
    places: list[Place] = []
    position = graph.position(left[0][0])
    while len(places) < len(left) and len(left[len(places)]) > 1:
        _turn(graph, left[len(places)], position)
        places += _taken(left, len(places))
    if len(places) < _FEW and len(places) < len(left):
        return _full_adder(graph, ready, given, start)
    ready[start:] = [sorted(bits, key=graph.position) for bits in left]
    if len(places) < len(left):
        places.append(_place([]))
    for n, literal in enumerate(graph.chain(ZERO, places)[0]):
        given[start + n].append(literal)
    return True


def _turn(graph: Graph, bits: list[int], position: int) -> None:
    """Begin with bits from near a position; they are in the order of theirs."""
    start = bisect_left(bits, position, key=graph.position) - 1
    start = min(max(start, 0), max(len(bits) - _MOST_TAKEN, 0))
    bits[:] = bits[start:] + bits[:start]


def _taken(columns: Columns, column: int) -> list[Place]:
    """Places that take bits of a column: four, if it has more than the next one."""
    bits = columns[column]
    if column + 1 < len(columns) and len(bits) > max(len(columns[column + 1]) + 1, 3):
        four = _with_two_plain(bits)
        if four is not None:
            return [*_counter(four)]
    return [_place([bits.pop(0), bits.pop(0)])]


def _full_adder(graph: Graph, ready: Columns, given: Columns, column: int) -> bool:
    if len(ready[column]) < 3:
        return False
    three = [ready[column].pop(0) for _ in range(3)]
    given[column].append(graph.lut(three, _PARITY_OF_THREE))
    given[column + 1].append(graph.lut(three, _MOST_OF_THREE))
    return True


def _place(literals: list[int]) -> Place:
    """The sum of up to two literals and the carry."""
    mask = mask_of(literals)
    bits = tuple(literal >> 1 for literal in literals)
    if len(bits) < 2:
        # There is a carry behind it only where one comes in and is propagated.
        return Place(bits, parity(len(bits), mask), 0)
    # Where it does not propagate, both are equal.
    return Place(bits, parity(2, mask), 0b0101 if literals[0] & 1 else 0b1010)


def _counter(literals: list[int]) -> tuple[Place, Place]:
    """Of four literals ``a`` to ``d``, the last two of which are no inverses.

    The first place adds ``a ^ b`` and ``c ^ d``, the second one ``a & b`` and ``c & d``. Where one
    does not propagate, its two are equal."""
    bits, mask = tuple(literal >> 1 for literal in literals), mask_of(literals)
    # Entries of tables in which a literal, or the last two of them, are 1.
    a = sum(1 << n for n in range(16) if (n ^ mask) & 1)
    b = sum(1 << n for n in range(16) if (n ^ mask) & 2)
    last = sum(1 << n for n in range(16) if n & 12 == 12)
    return Place(bits, parity(4, mask), a ^ b), Place(bits, (a & b) ^ last, a & b)


def _with_two_plain(literals: list[int]) -> list[int] | None:
    """Four literals taken out, the last two of which are no inverses; None if there are not two."""
    plain = [n for n, literal in enumerate(literals) if not literal & 1][:2]
    if len(plain) < 2:
        return None
    last = [literals.pop(n) for n in reversed(plain)]
    return [literals.pop(0), literals.pop(0), *last]
