"""Wide multiplexers, by the 7 series' own (UG474: MUXF7 and MUXF8)."""

from collections.abc import Sequence

from amaranth import Cat, Const, Instance, Module, Mux, Signal, Value

__all__ = ["multiplexer"]

_IN_LUT = 4
"""Values among which one LUT of six inputs selects."""

_LUT_TABLE = sum(
    (inputs >> (inputs >> _IN_LUT) & 1) << inputs for inputs in range(1 << _IN_LUT + 2)
)
"""Contents of that LUT: inputs 0 to 3 are the values, inputs 4 and 5 select."""


def multiplexer(m: Module, values: Sequence[Value], select: Value) -> Value:
    """``values[select]``, all of one width, combinational; not defined beyond the last value.

    A bit takes a LUT for four values: two such are joined by a MUXF7, and two of these by a MUXF8,
    which lie in the slice beside the LUTs, so that 16 values take 4 LUTs and 32 take 9
    (``hdl.planning.area.features.multiplexer_luts``). Synthesis, left to itself, makes LUTs of the
    joining multiplexers as well.
    """
    count = len(values)
    if count == 1:
        return values[0]
    if count == 2:
        return Mux(select[0], values[1], values[0])
    if count <= _IN_LUT:
        return _in_luts(m, values, select)
    if count <= _IN_LUT + 2:
        # One more LUT has inputs enough for two more values.
        return _then(m, values, select, 2)
    if count <= 2 * _IN_LUT:
        return _joined(m, "MUXF7", values, select, 2)
    if count <= 3 * _IN_LUT:
        return _then(m, values, select, 3)
    if count <= 4 * _IN_LUT:
        return _joined(m, "MUXF8", values, select, 3)
    blocks = [
        multiplexer(m, values[first : first + 16], select[:4]) for first in range(0, count, 16)
    ]
    return multiplexer(m, blocks, select[4:])


def _in_luts(m: Module, values: Sequence[Value], select: Value) -> Value:
    """One LUT a bit, an instance: synthesis, left to choose, takes more than it needs."""
    filled = [*values, *[values[-1]] * (_IN_LUT - len(values))]
    second = select[1] if len(select) > 1 else Const(0)
    selected = Signal(len(values[0]))
    for *bits, out in zip(*filled, selected, strict=True):
        inputs = Cat(*bits, select[0], second)
        m.submodules += Instance(
            "LUT6",
            p_INIT=Const(_LUT_TABLE, 64),
            **{f"i_I{n}": bit for n, bit in enumerate(inputs)},
            o_O=out,
        )
    return selected


def _then(m: Module, values: Sequence[Value], select: Value, bit: int) -> Value:
    """What ``select[bit]`` tells apart, in LUTs."""
    low = multiplexer(m, values[: 1 << bit], select[:bit])
    return Mux(select[bit], multiplexer(m, values[1 << bit :], select[:bit]), low)


def _joined(m: Module, kind: str, values: Sequence[Value], select: Value, bit: int) -> Value:
    """What ``select[bit]`` tells apart, joined by one of the slice's multiplexers a bit.

    Those take what comes out of LUTs or of lesser multiplexers, never a value as it is.
    """
    halves = [values[: 1 << bit], values[1 << bit :]]
    if kind == "MUXF8":
        low, high = (_joined(m, "MUXF7", half, select, 2) for half in halves)
    else:
        low, high = (_in_luts(m, half, select[:2]) for half in halves)
    joined = Signal(len(values[0]))
    for one, other, out in zip(low, high, joined, strict=True):
        m.submodules += Instance(kind, i_I0=one, i_I1=other, i_S=select[bit], o_O=out)
    return joined
