"""Heaps: sums of bits, all of which count positively."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from build_decoder.hdl.heap.compress import compressed
from build_decoder.hdl.heap.compressors import Columns, Compressors, at_least
from build_decoder.hdl.heap.digits import digits_of
from build_decoder.hdl.heap.graph import ONE, ZERO, Graph
from build_decoder.hdl.heap.number import Number
from build_decoder.hdl.heap.sharing import Row, shared_rows

__all__ = ["Heap", "Heaps"]


@dataclass
class Heap:
    """``sign * (sum of the bits + constant)`` is a sum of products.

    A negative digit of a bit ``b`` is ``1 - b``, its inverse, and a constant that is recorded, not
    added.

    Parameters
    ----------
    weights
        Int64 (numbers,): of each number, as the sum has them.
    columns
        Literals by the power of two that they count.
    constant
        Not above 0.
    sign
        1, or -1 where that makes fewer bits inverses.
    """

    weights: np.ndarray
    columns: Columns
    constant: int = 0
    sign: int = 1

    def put(self, literal: int, column: int, sign: int) -> None:
        """Add a bit, times a sign."""
        while len(self.columns) <= column:
            self.columns.append([])
        self.columns[column].append(literal if sign > 0 else literal ^ 1)
        if sign < 0:
            self.constant -= 1 << column

    def put_heap(self, other: "Heap", shift: int, sign: int) -> None:
        """Add the sum of another one, times a sign and a power of two."""
        inner = sign * other.sign * self.sign
        for column, literals in enumerate(other.columns):
            for literal in literals:
                self.put(literal, column + shift, inner)
        self.constant += inner * other.constant << shift
        self.weights = self.weights + sign * (other.weights << shift)

    def put_constant(self, constant: int) -> None:
        """Add a constant, not negative, to the bits."""
        for column in range(constant.bit_length()):
            if constant >> column & 1:
                self.put(ONE, column, 1)


class Heaps:
    """Heaps of a layer's sums, those that several have in common made once.

    Parameters
    ----------
    graph
        What they are put into.
    numbers
        What the layer takes.
    weights
        Int64 (numbers, sums), factors included.
    """

    def __init__(
        self,
        graph: Graph,
        numbers: Sequence[Number],
        weights: np.ndarray,
        compressors: Compressors,
    ):
        self.graph, self.numbers, self.compressors = graph, numbers, compressors
        widths = np.array([len(number.bits) for number in numbers])
        self._rows = shared_rows(digits_of(weights), widths)
        self._lows = np.array([number.low for number in numbers])
        self._highs = np.array([number.high for number in numbers])
        self._made: dict[int, Heap] = {}
        # Units may be alike: of what would be made twice, there is one.
        self._compressed: dict[tuple, Columns] = {}
        self._added: dict[tuple, list[int]] = {}
        self._compared: dict[tuple, int] = {}

    def of(self, output: int) -> Heap:
        """The heap of a sum, not compressed."""
        return self._heap(output)

    def most(self, heap: Heap, more: int = 0) -> int:
        """Greatest sum of the bits of a heap, to which ``more`` is added."""
        ends = heap.sign * heap.weights
        highest = np.where(ends > 0, ends * self._highs, ends * self._lows).sum()
        return int(highest) - heap.constant + more

    def compress(self, heap: Heap, most: int) -> None:
        """Until columns have few bits; the sum of all is at most ``most``."""
        count = most.bit_length()
        # What counts more than the sum can be is 0.
        columns = [list(column) for column in heap.columns[:count]]
        columns += [[] for _ in range(count - len(columns))]
        key = tuple(map(tuple, columns))
        if key not in self._compressed:
            self._compressed[key] = compressed(self.graph, columns, self.compressors)
        heap.columns = self._compressed[key]

    def add(self, heap: Heap) -> list[int]:
        """Literals of the sum of a heap's bits, once it is compressed."""
        empty = 0
        while empty < len(heap.columns) and not heap.columns[empty]:
            empty += 1
        # One's sum may be another's times a power of two.
        key = tuple(map(tuple, heap.columns[empty:]))
        if key not in self._added:
            self._added[key] = self.compressors.add(self.graph, heap.columns[empty:])
        return [ZERO] * empty + self._added[key]

    def at_least(self, bits: list[int], threshold: int) -> int:
        """Literal that tells whether a sum is at least a constant."""
        while bits and bits[0] == ZERO:
            # It has no number between two multiples of a power of two.
            bits, threshold = bits[1:], (threshold + 1) >> 1
        key = tuple(bits), threshold
        if key not in self._compared:
            self._compared[key] = at_least(self.compressors, self.graph, bits, threshold)
        return self._compared[key]

    def _heap(self, number: int) -> Heap:
        row = self._rows[number]
        heap = Heap(self._weights(row), [], sign=self._sign(row))
        for place, digit in zip(*np.nonzero(row.digits), strict=True):
            bits = self.numbers[place].bits
            sign = int(row.digits[place, digit]) * heap.sign
            for column, literal in enumerate(bits, start=int(digit)):
                negative = self.numbers[place].signed and column - digit == len(bits) - 1
                heap.put(literal, column, -sign if negative else sign)
        for operand in row.operands:
            heap.put_heap(self._part(operand.row), operand.shift, operand.sign)
        return heap

    def _part(self, number: int) -> Heap:
        """The heap of a row that is a part of others, compressed."""
        if number not in self._made:
            heap = self._heap(number)
            self.compress(heap, self.most(heap))
            self._made[number] = heap
        return self._made[number]

    def _weights(self, row: Row) -> np.ndarray:
        return row.digits.astype(np.int64) @ (1 << np.arange(row.digits.shape[1]))

    def _sign(self, row: Row) -> int:
        """-1 where more bits are subtracted than added."""
        widths = np.array([len(number.bits) for number in self.numbers])
        return -1 if (row.digits.sum(axis=1) * widths).sum() < 0 else 1
