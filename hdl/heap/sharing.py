"""Sums of many inputs that several outputs have in common, each made once.

Of rows ``i`` and ``j``, a *pattern* is a shift and a sign: all digits of row ``i`` that row ``j``
has too, so many places higher and times the sign. The digits of a pattern become a row of their
own, which both rows add instead. The pattern that saves most bits is taken, again and again. How
many bits each would save is a product of matrices of zeros and ones.
"""

from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

__all__ = ["NESTED", "Operand", "Row", "shared_rows"]

NESTED = 3
"""Rows, each a part of the one before it, that may lie below an output: each takes levels."""

_ROW_TENTHS = 23
"""Tenths of a bit of a row, which goes on as up to three numbers, for each bit of its sum."""


@dataclass(frozen=True)
class Operand:
    """A row that is a part of another: ``sign * 2**shift`` times its sum."""

    row: int
    shift: int
    sign: int


@dataclass(eq=False)
class Row:
    """A sum: of inputs, by signed digits, and of other rows.

    Parameters
    ----------
    digits
        Int8 (inputs, digits), least first.
    nested
        Rows that it is a part of, one in the other.
    operands
        Other rows.
    """

    digits: np.ndarray
    nested: int = 0
    operands: list[Operand] = field(default_factory=list)


def shared_rows(digits: np.ndarray, widths: np.ndarray, nested: int = NESTED) -> list[Row]:
    """Rows of sums: those of the outputs, in order, and behind them those that are parts.

    Parameters
    ----------
    digits
        Int8 (inputs, outputs, digits), least first: the weights.
    widths
        Bits of each input, int64 (inputs,).
    nested
        Most rows below an output, one in the other.
    """
    # Threads of small products wait for each other longer than they compute.
    with threadpool_limits(limits=1, user_api="blas"):
        return _shared_rows(digits, widths, nested)


def _shared_rows(digits: np.ndarray, widths: np.ndarray, nested: int) -> list[Row]:
    rows = [Row(np.ascontiguousarray(digits[:, output])) for output in range(digits.shape[1])]
    patterns = _Patterns(rows, widths, nested)
    while (found := patterns.best()) is not None:
        lower, upper, shift, sign = found
        part = _taken_out(rows[lower].digits, rows[upper].digits, shift, sign, lower == upper)
        number = len(rows)
        rows.append(Row(part, max(rows[lower].nested, rows[upper].nested) + 1))
        rows[lower].operands.append(Operand(number, 0, 1))
        rows[upper].operands.append(Operand(number, shift, sign))
        patterns.update(sorted({lower, upper, number}))
    return rows


def _taken_out(
    lower: np.ndarray, upper: np.ndarray, shift: int, sign: int, same: bool
) -> np.ndarray:
    """The digits of a pattern, which are deleted from both rows; a row may be both."""
    part = np.zeros_like(lower)
    count = lower.shape[1] - shift
    # Of one row, a digit may be the upper one of a pair and the lower one of another.
    for places in [slice(n, n + 1) for n in range(count)] if same else [slice(0, count)]:
        higher = slice(places.start + shift, places.stop + shift)
        found = lower[:, places]
        chosen = (found != 0) & (upper[:, higher] == sign * found)
        part[:, places] = np.where(chosen, found, 0)
        lower[:, places] = np.where(chosen, 0, lower[:, places])
        upper[:, higher] = np.where(chosen, 0, upper[:, higher])
    return part


class _Patterns:
    """What each pattern would save, in bits, less than none where it would save nothing."""

    def __init__(self, rows: list[Row], widths: np.ndarray, nested: int):
        self.rows, self.nested = rows, nested
        inputs, self.places = rows[0].digits.shape
        self.widths = widths.astype(np.float32)
        # The greatest sum of inputs that have a bit in all.
        self.scale = np.float32(((1 << widths) - 1).sum() / widths.sum())
        self.digits = np.zeros((2, 0, self.places, inputs), np.float32)
        self.saved = np.zeros((2, self.places, 0, 0), np.float32)
        self.update(range(len(rows)))

    def best(self) -> tuple[int, int, int, int] | None:
        """Rows, shift and sign of the pattern that saves most, of equals of the first; None if
        none saves any."""
        place = int(self.saved.argmax()) if self.saved.size else 0
        if not self.saved.size or self.saved.flat[place] <= 0:
            return None
        way, shift, lower, upper = map(int, np.unravel_index(place, self.saved.shape))
        return lower, upper, shift, -1 if way else 1

    def update(self, numbers) -> None:
        """Count those of rows that have changed again, or of new ones for the first time."""
        numbers, have = list(numbers), len(self.rows)
        self._grow()
        for number in numbers:
            digits = self.rows[number].digits.T
            self.digits[:, number] = digits > 0, digits < 0
        every = self.digits.reshape(*self.digits.shape[:2], -1)[:, :have]
        changed, inputs = every[:, numbers], len(self.widths)
        # Where none of the rows has a digit, nothing is shared with them.
        there = np.flatnonzero(changed.any(axis=(0, 1)))
        for shift in range(self.places):
            up, saved = shift * inputs, self.saved[:, shift]
            lower = there[there < (self.places - shift) * inputs]
            upper = there[there >= up]
            weighted = changed[:, :, lower] * self.widths[lower % inputs]
            saved[:, numbers, :have] = self._worth(weighted, every[:, :, lower + up])
            weighted = changed[:, :, upper] * self.widths[upper % inputs]
            saved[:, :have, numbers] = self._worth(every[:, :, upper - up], weighted)
        rows = np.arange(have)
        self.saved[:, 0][:, rows, rows] = -1
        full = [number for number in numbers if self.rows[number].nested >= self.nested]
        self.saved[:, :, full] = self.saved[:, :, :, full] = -1

    def _worth(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        same = lower[0] @ upper[0].T + lower[1] @ upper[1].T
        other = lower[0] @ upper[1].T + lower[1] @ upper[0].T
        bits = np.stack([same, other])
        sum_bits = _log2(np.maximum(bits * self.scale, 1)) + 1
        return bits - sum_bits * _ROW_TENTHS / 10

    def _grow(self) -> None:
        have, size = len(self.rows), self.saved.shape[-1]
        if have <= size:
            return
        more = max(have, 2 * size)
        digits = np.zeros((2, more, *self.digits.shape[2:]), np.float32)
        digits[:, :size] = self.digits
        saved = np.full((2, self.places, more, more), -1, np.float32)
        saved[:, :, :size, :size] = self.saved
        self.digits, self.saved = digits, saved


def _log2(values: np.ndarray) -> np.ndarray:
    """Exact of powers of 2, and straight between them, so that every machine has the same."""
    fraction, exponent = np.frexp(values)
    return exponent + 2 * fraction - 2
