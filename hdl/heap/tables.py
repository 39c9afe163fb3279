"""Truth tables of LUTs, and functions of more bits than a LUT takes."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from build_decoder.hdl.heap.graph import Graph

__all__ = ["counted", "function", "mask_of", "parity"]


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
    # Inputs of a LUT that selects: two bits of four, or one of two.
    selecting = 2 if lut_inputs >= 6 else 1

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


@cache
def _multiplexer(ways: int) -> int:
    """Table of a LUT that selects one of so many inputs by the ones behind them."""
    selecting = (ways - 1).bit_length()
    return sum(
        ((entry >> (entry >> ways)) & 1) << entry for entry in range(1 << (ways + selecting))
    )
