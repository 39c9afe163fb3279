"""Truth tables of LUTs, and functions of more bits than a LUT takes."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from build_decoder.hdl.heap.graph import Graph

__all__ = ["counted", "function", "mask_of", "parity", "selected"]


@cache
def counted(inputs: int, mask: int, function: Callable[[int], int]) -> int:
    """Table of a function, 0 or 1, of how many inputs are 1; those in ``mask`` are inverted."""
    return sum(
        int(bool(function((entry ^ mask).bit_count()))) << entry for entry in range(1 << inputs)
    )


def _odd(count: int) -> int:
    return count & 1


def parity(inputs: int, mask: int) -> int:
    """Table of the exclusive or of all inputs, those in ``mask`` inverted."""
    return counted(inputs, mask.bit_count() & 1, _odd)


def mask_of(literals: Sequence[int]) -> int:
    """Which of the literals are inverses, the first one as the lowest bit."""
    return sum((literal & 1) << n for n, literal in enumerate(literals))


def function(graph: Graph, bits: Sequence[int], values: np.ndarray, lut_inputs: int) -> int:
    """Literal of any function of a number.

    Parameters
    ----------
    bits
        Literals of the number's bits, least first.
    values
        Bool (``2**len(bits)``,): the function of each number.
    lut_inputs
        Inputs of a LUT, at least 3.
    """
    made: dict[bytes, int] = {}
    selecting = _selecting(lut_inputs)

    def of(values: np.ndarray, count: int) -> int:
        key = values.tobytes()
        if key not in made:
            made[key] = build(values, count)
        return made[key]

    def build(values: np.ndarray, count: int) -> int:
        if values.all() or not values.any():
            return int(values[0])
        if count <= lut_inputs:
            table = sum(1 << n for n in np.flatnonzero(values).tolist())
            return graph.lut(bits[:count], table)
        below = count - min(selecting, count - lut_inputs)
        parts = [of(part, below) for part in values.reshape(-1, 1 << below)]
        if len(set(parts)) == 1:
            return parts[0]
        select = bits[below:count]
        return graph.lut((*parts, *select), _multiplexer(len(parts)))

    return of(np.asarray(values, bool), len(bits))


def selected(graph: Graph, literals: Sequence[int], select: Sequence[int], lut_inputs: int) -> int:
    """The literal that a number tells, which is less than how many there are.

    Parameters
    ----------
    select
        Literals of the number's bits, least first.
    lut_inputs
        Inputs of a LUT, at least 3.
    """
    while len(literals) > 1:
        count = min(_selecting(lut_inputs), len(select))
        ways, bits, select = 1 << count, select[:count], select[count:]
        parts = [literals[low : low + ways] for low in range(0, len(literals), ways)]
        literals = [
            # Of numbers that are not told, any literal will do.
            graph.lut([*part, *[part[-1]] * (ways - len(part)), *bits], _multiplexer(ways))
            for part in parts
        ]
    (literal,) = literals
    return literal


def _selecting(lut_inputs: int) -> int:
    """Inputs of a LUT that selects: two bits of four, or one of two."""
    return 2 if lut_inputs >= 6 else 1


@cache
def _multiplexer(ways: int) -> int:
    """Table of a LUT that selects one of so many inputs by the ones behind them."""
    selecting = (ways - 1).bit_length()
    return sum(
        ((entry >> (entry >> ways)) & 1) << entry for entry in range(1 << (ways + selecting))
    )
