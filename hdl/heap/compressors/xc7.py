"""The 7 series: LUTs of six inputs, or of five with two outputs, with a carry chain of four places.

Each of these takes two bits off the heap for a LUT:

- A *counter*: up to six bits of a column, by a LUT6 and a LUT6_2 at two places of a chain. With the
  first carry, seven bits become three. Two of them, a column apart, fill a CARRY4: (6,0,7;5).
- A *row*: four bits of each of any number of columns become two, a LUT6_2 a column: three are
  summed by its second output, which counts in the next column, and the fourth along the chain.
- The last addition, of three bits a column: as a row, but the second output goes on along it.

A LUT inverts its inputs for nothing; what goes past it, to the chain, must be no inverse.
"""

from build_decoder.hdl.heap.compressors import Columns
from build_decoder.hdl.heap.graph import ONE, ZERO, Graph
from build_decoder.hdl.heap.operations import Chain, Operation, Place
from build_decoder.hdl.heap.tables import counted, mask_of, parity

__all__ = ["COMPRESSORS", "Xc7Compressors"]

_COUNTED = 6
_ROW = 4


class Xc7Compressors:
    """See :class:`hdl.heap.compressors.Compressors`."""

    name = __name__.rpartition(".")[-1]
    lut_inputs = 6
    pair_inputs = 5
    bits_a_lut = 2
    most = 3
    shift_register = 3

    def luts(self, operation: Operation) -> int:
        """A place without inputs has no LUT."""
        if not isinstance(operation, Chain):
            return 1
        return sum(bool(place.inputs) for place in operation.places)

    def compress(self, graph: Graph, ready: Columns, given: Columns, last: bool) -> None:
        """Counters as far as they go, then rows."""
        for column in range(len(ready)):
            while len(ready[column]) >= _COUNTED and _counters(graph, ready, given, column):
                pass
        column = 0
        while column < len(ready):
            column = max(_row(graph, ready, given, column, last), column + 1)

    def add(self, graph: Graph, columns: Columns) -> list[int]:
        """A chain from the first column of several bits on."""
        start = 0
        while start < len(columns) and len(columns[start]) <= 1:
            start += 1
        total = [column[0] if column else ZERO for column in columns[:start]]
        carry, second, places = ZERO, None, []
        for number, column in enumerate(columns[start:], start=start):
            column, past = list(column), second
            if not places:
                # Its carry is the third of three bits.
                carry = _plain(column) if len(column) == self.most else ZERO
            if past is None:
                past = _plain(column) >> 1 if len(column) == 2 else 0
            gives = number + 1 < len(columns)
            places.append(_row_place(graph, column, past, gives))
            second = places[-1].output
        if places:
            total += graph.chain(carry, places)[0]
        return total

    def compare(self, graph: Graph, bits: list[int], threshold: int) -> int:
        """One LUT, or a chain whose places compare five bits each."""
        if len(bits) <= self.lut_inputs:
            table = sum(1 << number for number in range(threshold, 1 << len(bits)))
            return graph.lut(bits, table)
        places = []
        for low in range(0, len(bits), 5):
            part = bits[low : low + 5]
            wanted, mask = (threshold >> low) & 31, mask_of(part)
            numbers = range(1 << len(part))
            places.append(
                Place(
                    tuple(literal >> 1 for literal in part),
                    1 << (wanted ^ mask),
                    sum(1 << (number ^ mask) for number in numbers if number > wanted),
                )
            )
        return graph.chain(ONE, places, sums=False, last=True)[1]


COMPRESSORS = Xc7Compressors()
"""Those of the family."""


def _counters(graph: Graph, ready: Columns, given: Columns, column: int) -> bool:
    """One counter, or two where the column after the next one has bits for it; whether there is
    one."""
    counters = [_with_plain(ready[column], _COUNTED)]
    if counters[0] is None:
        return False
    carry = _plain(ready[column])
    if column + 2 < len(ready) and len(ready[column + 2]) >= _COUNTED:
        another = _with_plain(ready[column + 2], _COUNTED)
        if another is not None:
            counters.append(another)
    places = [place for literals in counters for place in _counter(literals)]
    room = len(ready) - column
    sums, last = graph.chain(carry, places[:room], last=len(places) < room)
    for n, literal in enumerate(sums if last is None else [*sums, last]):
        given[column + n].append(literal)
    return True


def _counter(literals: list[int]) -> tuple[Place, Place]:
    """Of literals, the last of which is no inverse. ``t`` is the sum of the others.

    The first place adds the parity of ``t``, which the second output of a LUT gives where its last
    input is 0, and the last literal. Where it does not propagate, both are equal. The second place
    adds ``t // 2``."""
    bits, mask = tuple(literal >> 1 for literal in literals), mask_of(literals)
    others = len(bits) - 1
    return (
        Place(bits, parity(others + 1, mask), parity(others, mask)),
        Place(bits[:-1], counted(others, mask, _twos), counted(others, mask, _fours)),
    )


def _twos(count: int) -> int:
    return count >> 1 & 1


def _fours(count: int) -> int:
    return count >> 2


def _several(count: int) -> int:
    return count >= 2


def _row(graph: Graph, ready: Columns, given: Columns, column: int, last: bool) -> int:
    """A row from a column on, if it has bits for it; returns the column behind its end.

    If no more bits come, it goes on over columns of fewer bits, until it leaves at most three."""
    start, places, carry = column, [], ZERO
    while column < len(ready):
        bits = ready[column]
        if len(bits) >= _ROW:
            taken = _with_plain(bits, _ROW) or [bits.pop(0) for _ in range(3)]
        elif places and last and len(bits) > 1 and len(bits) + len(given[column]) >= 3:
            # The carry would be the fourth.
            taken = _with_plain(bits, 2) if len(bits) == 2 else None
            taken = taken or [bits.pop(0) for _ in range(len(bits))]
        else:
            break
        if not places:
            carry = _plain(bits)
        past = 0 if len(taken) == 3 or taken[-1] & 1 else taken.pop() >> 1
        places.append(_row_place(graph, taken, past, column + 1 < len(ready)))
        if places[-1].output is not None:
            given[column + 1].append(2 * places[-1].output)
        column += 1
    if places:
        sums, end = graph.chain(carry, places, last=column < len(ready))
        for n, literal in enumerate(sums if end is None else [*sums, end]):
            given[start + n].append(literal)
    return column


def _row_place(graph: Graph, literals: list[int], past: int, gives: bool) -> Place:
    """A place that sums up to three literals, whose carry its second output is if it ``gives``
    one, and a bit that goes past."""
    bits, mask = tuple(literal >> 1 for literal in literals), mask_of(literals)
    inputs = (*bits, past) if past else bits
    second = output = None
    if gives and len(bits) > 1:
        second = counted(len(bits), mask, _several)
        if past:
            # Whatever goes past.
            second |= second << (1 << len(bits))
        output = graph.bit(1 + max(map(graph.level, literals)))
    return Place(inputs, parity(len(inputs), mask), second, past, output)


def _with_plain(literals: list[int], count: int) -> list[int] | None:
    """``count`` literals taken out, the last of which is no inverse; None if all are inverses."""
    for n, literal in enumerate(literals):
        if not literal & 1:
            plain = literals.pop(n)
            taken = [*literals[: count - 1], plain]
            del literals[: count - 1]
            return taken
    return None


def _plain(literals: list[int]) -> int:
    """A literal taken out that is no inverse, if there is one; else the constant 0."""
    for n, literal in enumerate(literals):
        if not literal & 1:
            return literals.pop(n)
    return ZERO
