"""What sums bits in each FPGA family: one file a family, by its name.

A module has ``COMPRESSORS``, an object with what :class:`Compressors` names.
"""

from typing import Protocol

from build_decoder.hdl.families import DEFAULT
from build_decoder.hdl.heap.graph import ONE, ZERO, Graph
from build_decoder.hdl.heap.operations import Operation
from build_decoder.models.discovery import discover

__all__ = ["NAMES", "Columns", "Compressors", "at_least", "compressors_of"]

Columns = list[list[int]]
"""Literals of a sum by the exponent of 2 that they count."""


class Compressors(Protocol):
    """What a family sums bits with.

    Attributes
    ----------
    name : str
        Of the family, which is that of the module.
    lut_inputs : int
        Inputs of a LUT.
    pair_inputs : int
        Inputs of a LUT of two outputs; 0 if there is none.
    bits_a_lut : int
        Bits that a LUT takes off a heap, at most.
    most : int
        Bits of a column that :meth:`add` takes.
    shift_register : int or None
        Flip-flops in a row of which synthesis makes a LUT, at least; None if it never does.
    """

    name: str
    lut_inputs: int
    pair_inputs: int
    bits_a_lut: int
    most: int
    shift_register: int | None

    def luts(self, operation: Operation) -> int:
        """LUTs of an operation, one of two outputs as one."""

    def compress(self, graph: Graph, ready: Columns, given: Columns, last: bool) -> None:
        """A level: take literals out of ``ready`` and put what they come to into ``given``.

        Nothing is put into a column that is not there: it is proven to be 0. With ``last`` no more
        bits come, and some column has more than :attr:`most`: it must have fewer then.
        """

    def add(self, graph: Graph, columns: Columns) -> list[int]:
        """Literals of the sum, a bit a column, of columns of at most :attr:`most` bits."""

    def compare(self, graph: Graph, bits: list[int], threshold: int) -> int:
        """Literal that tells whether a number is at least ``threshold``, by its bits, least
        first; the threshold is odd, and a number of so many bits."""


def at_least(compressors: Compressors, graph: Graph, bits: list[int], threshold: int) -> int:
    """Literal that tells whether a number is at least ``threshold``, any at all, by its bits, least
    first."""
    if threshold <= 0:
        return ONE
    if threshold >> len(bits):
        return ZERO
    while not threshold & 1:
        bits, threshold = bits[1:], threshold >> 1
    return compressors.compare(graph, bits, threshold)


_COMPRESSORS: dict[str, Compressors] = discover(__name__, __path__, "COMPRESSORS")

NAMES = tuple(sorted(_COMPRESSORS, key=lambda name: (name != DEFAULT.name, name)))
"""Families that have some: the one that does where a family has none, then the others."""


def compressors_of(name: str) -> Compressors:
    """Those of a family of :data:`NAMES`.

    Raises
    ------
    ValueError
        If it has none.
    """
    if name not in _COMPRESSORS:
        raise ValueError(f"expected compressors of {' or '.join(NAMES)}, got {name!r}")
    return _COMPRESSORS[name]
