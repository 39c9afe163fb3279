"""The 7 series' carry chain as an adder (UG474)."""

from amaranth import Cat, Const, Instance, Module, Signal, Value

__all__ = ["carry4_sum"]

_BITS = 4


def carry4_sum(m: Module, a: Value, b: Value, carry: Value | None = None) -> Value:
    """Sum of ``a`` and ``b``, both of one width, and of a ``carry`` of one bit, without the carry
    out, in one LUT a bit.

    Combinational: blocks of four bits in a row, each with the carry of the one before it.

    The chain takes ``a`` past the LUTs, so that the logic behind ``b`` goes into them. Of an
    addition operator's operands, Yosys chooses by their names which it takes past.
    """
    total = Signal(len(a))
    into, chained = Const(0, 1) if carry is None else carry, Const(0, 1)
    for low in range(0, len(a), _BITS):
        direct, other = a[low : low + _BITS], b[low : low + _BITS]
        padding = Const(0, _BITS - len(direct))
        sums, carries = Signal(_BITS), Signal(_BITS)
        m.submodules += Instance(
            "CARRY4",
            i_CI=chained, i_CYINIT=into,
            i_DI=Cat(direct, padding), i_S=Cat(direct ^ other, padding),
            o_O=sums, o_CO=carries,
        )
        m.d.comb += total[low : low + _BITS].eq(sums)
        into, chained = Const(0, 1), carries[-1]
    return total
