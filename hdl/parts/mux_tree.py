"""Wide multiplexers of LUTs of four inputs, each of which selects one of two values."""

from collections.abc import Sequence

from amaranth import Module, Mux, Value

__all__ = ["mux_tree"]


def mux_tree(m: Module, values: Sequence[Value], select: Value) -> Value:
    """``values[select]``, all of one width, combinational; not defined beyond the last value.

    Of an array that is indexed, synthesis makes up to twice as many LUTs: it decodes the index.
    """
    values = list(values)
    for bit in select:
        if len(values) == 1:
            break
        pairs = [values[n : n + 2] for n in range(0, len(values), 2)]
        values = [Mux(bit, *reversed(pair)) if len(pair) == 2 else pair[0] for pair in pairs]
    return values[0]
