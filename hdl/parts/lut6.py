"""LUTs and carry chains of the 7 series (UG474), as :mod:`hdl.heap.cells` has them."""

from collections.abc import Sequence

from amaranth import Cat, Const, Instance, Module, Signal, Value

from build_decoder.hdl.heap.cells import CellPlace

__all__ = ["lut6", "lut6_chain", "lut6_pair"]

_INPUTS = 6
_PLACES = 4


def lut6(m: Module, inputs: Value, table: int, output: Signal) -> None:
    """A LUT1 to LUT6."""
    count = len(inputs)
    m.submodules += Instance(
        f"LUT{count}",
        p_INIT=Const(table, 1 << count),
        o_O=output,
        **{f"i_I{n}": inputs[n] for n in range(count)},
    )


def lut6_pair(m: Module, inputs: Value, tables: Sequence[int], outputs: Sequence[Signal]) -> None:
    """A LUT6_2 of up to five inputs."""
    _lut6_2(m, inputs, *tables, *outputs)


def lut6_chain(
    m: Module,
    carry: Value,
    places: Sequence[CellPlace],
    sums: Sequence[Signal | None],
    last: Signal | None,
) -> None:
    """CARRY4s in a row, and a LUT for each place: a LUT6_2, if it has two outputs."""
    into, chained = carry, Const(0, 1)
    for low in range(0, len(places), _PLACES):
        part = places[low : low + _PLACES]
        propagates, others = zip(*(_place(m, place) for place in part), strict=True)
        padding = Const(0, _PLACES - len(part))
        given, carries = Signal(_PLACES), Signal(_PLACES)
        m.submodules += Instance(
            "CARRY4",
            i_CI=chained, i_CYINIT=into,
            i_DI=Cat(others, padding), i_S=Cat(propagates, padding),
            o_O=given, o_CO=carries,
        )  # fmt: skip
        for driven, bit in zip(sums[low : low + _PLACES], given, strict=False):
            if driven is not None:
                m.d.comb += driven.eq(bit)
        into, chained = Const(0, 1), carries[-1]
    if last is not None:
        m.d.comb += last.eq(carries[(len(places) - 1) % _PLACES])


def _place(m: Module, place: CellPlace) -> tuple[Value, Value]:
    """Whether it propagates the carry, and what the carry becomes otherwise."""
    if not len(place.inputs):
        return Const(place.propagates & 1, 1), place.past
    propagates = Signal()
    if place.second is None:
        lut6(m, place.inputs, place.propagates, propagates)
        return propagates, place.past
    second = Signal() if place.output is None else place.output
    _lut6_2(m, place.inputs, place.propagates, place.second, propagates, second)
    return propagates, second if place.past is None else place.past


def _lut6_2(
    m: Module, inputs: Value, first: int, second: int, output: Signal, other: Signal
) -> None:
    """A LUT of two outputs, each by its table; ``other`` is a function of five inputs."""
    count = len(inputs)
    ports = {f"i_I{n}": inputs[n] for n in range(count)}
    ports |= {f"i_I{n}": Const(0, 1) for n in range(count, _INPUTS - 1)}
    if count < _INPUTS:
        # The upper half of the table is the first output then.
        ports["i_I5"] = Const(1, 1)
        table = _widened(first, count) << 32 | _widened(second, count)
    else:
        table = first
        if table & (1 << 32) - 1 != second:
            raise ValueError("expected a second output that is the first one's where I5 is 0")
    m.submodules += Instance("LUT6_2", p_INIT=Const(table, 64), o_O6=output, o_O5=other, **ports)


def _widened(table: int, count: int) -> int:
    """The table of five inputs that does not look at those behind the first ``count``."""
    for inputs in range(count, _INPUTS - 1):
        table |= table << (1 << inputs)
    return table
