"""Read-only tables of logic, which synthesis can not turn into block RAM."""

from collections.abc import Sequence

from amaranth import Cat, Const, Shape, Value

__all__ = ["read_only_table"]


def read_only_table(entries: Sequence[int], address: Value) -> Value:
    """``entries[address]``, combinational, in the narrowest shape that has 0 and all entries.

    Each bit is a truth table of its own, from which synthesis makes LUTs. Beyond the last entry it
    reads 0.
    """
    # Shape.cast takes no range of numbers beyond 64 bits.
    low, high = min(0, *entries), max(0, *entries)
    shape = Shape(max(high.bit_length(), (~low).bit_length() if low else 0) + (low < 0), low < 0)
    bits = []
    for bit in range(shape.width):
        truth = sum((entry >> bit & 1) << n for n, entry in enumerate(entries))
        bits.append(Const(truth, 1 << len(address)).bit_select(address, 1))
    value = Cat(*bits)
    return value.as_signed() if shape.signed else value
