"""LUTs and carry chains of ECP5 (FPGA-TN-02205), as :mod:`hdl.heap.cells` has them."""

from collections.abc import Sequence

from amaranth import Const, Instance, Module, Signal, Value

from build_decoder.hdl.heap.cells import CellPlace

__all__ = ["ccu2c_chain", "ecp5_lut4"]

_PINS = "ABCD"


def ecp5_lut4(m: Module, inputs: Value, table: int, output: Signal) -> None:
    """A LUT4, whose inputs that are not taken are 0."""
    pins = [*inputs, *[Const(0, 1)] * (len(_PINS) - len(inputs))]
    m.submodules += Instance(
        "LUT4",
        p_INIT=Const(table, 16),
        o_Z=output,
        **{f"i_{name}": pin for name, pin in zip(_PINS, pins, strict=True)},
    )


def ccu2c_chain(
    m: Module,
    carry: Value,
    places: Sequence[CellPlace],
    sums: Sequence[Signal | None],
    last: Signal | None,
) -> None:
    """CCU2Cs in a row, each with two places; the last carry does not leave them.

    The lowest four entries of a place's table tell what ``A`` and ``B`` make the carry where it is
    not propagated: of a place of three bits, the first two. With ``D`` 1, what propagates is the
    upper half of the table.
    """
    if last is not None:
        raise ValueError("expected a place for the last carry")
    for low in range(0, len(places), 2):
        ports, out = {"i_CIN": carry}, Signal()
        for half in range(2):
            place = places[low + half] if low + half < len(places) else None
            given = None if place is None else sums[low + half]
            pins = [Const(0, 1)] * 4 if place is None else _pins(place)
            ports |= {f"i_{name}{half}": pin for name, pin in zip(_PINS, pins, strict=True)}
            ports[f"o_S{half}"] = Signal() if given is None else given
            ports[f"p_INIT{half}"] = Const(0 if place is None else _table(place), 16)
            ports[f"p_INJECT1_{half}"] = "NO"
        m.submodules += Instance("CCU2C", o_COUT=out, **ports)
        carry = out


def _pins(place: CellPlace) -> list[Value]:
    count = len(place.inputs)
    if count == len(_PINS):
        return [*place.inputs]
    return [*place.inputs, *[Const(0, 1)] * (3 - count), Const(1, 1)]


def _table(place: CellPlace) -> int:
    count, propagates, second = len(place.inputs), place.propagates, place.second
    if place.past is not None or place.output is not None or count > len(_PINS):
        raise ValueError("expected places of up to four bits that give a sum and a carry alone")
    if count == len(_PINS):
        if (propagates ^ second) & 15:
            raise ValueError("expected a carry that is the sum of two bits where the others are 0")
        return propagates
    if count == 3:
        if second >> 4 != second & 15:
            raise ValueError("expected a carry that two of three bits tell")
        second &= 15
    for inputs in range(count, 3):
        propagates |= propagates << (1 << inputs)
    for inputs in range(count, 2):
        second |= second << (1 << inputs)
    return propagates << 8 | second
