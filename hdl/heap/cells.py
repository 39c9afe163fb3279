"""LUTs and carry chains as behaviour, for a simulator or for any family's synthesis.

What makes them of a family's own cells, `hdl.parts` has, with functions of the same parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Cat, Const, Module, Mux, Signal, Value

__all__ = ["CellPlace", "chain", "lut", "pair"]


@dataclass(frozen=True)
class CellPlace:
    """A place of a carry chain: :class:`hdl.heap.operations.Place`, with signals for bits.

    ``output`` is None where only the carry takes the second output.
    """

    inputs: Value
    propagates: int
    second: int | None
    past: Value | None
    output: Signal | None


def lut(m: Module, inputs: Value, table: int, output: Signal) -> None:
    """Drive ``output`` by a table of ``inputs``."""
    m.d.comb += output.eq(_looked_up(inputs, table))


def pair(m: Module, inputs: Value, tables: Sequence[int], outputs: Sequence[Signal]) -> None:
    """Drive two ``outputs``, each by its table of ``inputs``."""
    for table, output in zip(tables, outputs, strict=True):
        lut(m, inputs, table, output)


def chain(
    m: Module,
    carry: Value,
    places: Sequence[CellPlace],
    sums: Sequence[Signal | None],
    last: Signal | None,
) -> None:
    """Drive the outputs of places, their ``sums`` and the ``last`` carry, where there are such.

    An adder does it: a place that propagates has a 1 and a 0, another one twice what the carry
    becomes.
    """
    ones, both = [], []
    for place in places:
        propagates, other = _looked_up(place.inputs, place.propagates), place.past
        if place.second is not None:
            second = _looked_up(place.inputs[:5], place.second)
            other = second if other is None else other
            if place.output is not None:
                m.d.comb += place.output.eq(second)
        ones.append(propagates | other)
        both.append(~propagates & other)
    total = Signal(len(places) + 1)
    m.d.comb += total.eq(Cat(ones) + Cat(both) + carry)
    for driven, bit in zip([*sums, last], total, strict=True):
        if driven is not None:
            m.d.comb += driven.eq(bit)


def _looked_up(inputs: Value, table: int) -> Value:
    if not len(inputs):
        return Const(table & 1, 1)
    # Multiplexers, not a shift of the table: Verilator makes other sums of `3'h6 >> {a, b}`, which
    # is what Yosys writes of a table whose last entry is 0.
    entries = 1 << (len(inputs) - 1)
    low, high = table & (1 << entries) - 1, table >> entries
    if low == high:
        return _looked_up(inputs[:-1], low)
    return Mux(inputs[-1], _looked_up(inputs[:-1], high), _looked_up(inputs[:-1], low))
