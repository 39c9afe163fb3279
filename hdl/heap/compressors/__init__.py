"""What sums bits in each FPGA family: one file a family, by its name.

A module has :data:`COMPRESSORS`, an object with what :class:`Compressors` names.
"""

import importlib
from typing import Protocol

from build_decoder.hdl.heap.graph import Graph

__all__ = ["Columns", "Compressors", "compressors_of"]

Columns = list[list[int]]
"""Literals of a sum by the exponent of 2 that they count."""


class Compressors(Protocol):
    """What a family sums bits with.

    Attributes
    ----------
    name : str
        Of the module.
    lut_inputs : int
        Inputs of a LUT.
    most : int
        Bits of a column that :meth:`add` takes.
    """

    name: str
    lut_inputs: int
    most: int

    def compress(self, graph: Graph, ready: Columns, given: Columns, last: bool) -> None:
        """A level: take literals out of ``ready`` and put what they come to into ``given``.

        Nothing is put into a column that is not there: it is proven to be 0. With ``last`` no more
        bits come, and some column has more than :attr:`most`: it must have fewer then.
        """

    def add(self, graph: Graph, columns: Columns) -> list[int]:
        """Literals of the sum, a bit a column, of columns of at most :attr:`most` bits."""

    def at_least(self, graph: Graph, bits: list[int], threshold: int) -> int:
        """Literal that tells whether a number is at least ``threshold``, by its bits, least
        first."""


def compressors_of(name: str) -> Compressors:
    """Those of a module of this package; `ValueError` where there is none."""
    try:
        return importlib.import_module(f"{__name__}.{name}").COMPRESSORS
    except ModuleNotFoundError:
        raise ValueError(f"expected compressors of a family, got {name!r}") from None
