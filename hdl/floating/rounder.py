"""Rounder: an exact sum becomes a floating-point code."""

from amaranth import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.floating.rounding import Rounding

__all__ = ["Rounder", "leading_zeros"]


class Rounder(wiring.Component):
    """``o = round(i * 2**least)``, to the nearest, ties to the even code.

    What rounds beyond the greatest number becomes infinity; NaN where ``nan`` says so. Latency:
    ``parameters.latency`` cycles with ``en``, without which everything holds. Throughput: one a
    cycle.

    Parameters
    ----------
    parameters : Rounding
        Numbers and format.

    Members
    -------
    en, nan : ``In``, 1
    i : ``In``, the number
    o : ``Out``, its code
    """

    def __init__(self, parameters: Rounding):
        self.parameters = parameters

        super().__init__(
            {
                "en": In(1),
                "nan": In(1),
                "i": In(Shape(parameters.width, parameters.signed)),
                "o": Out(parameters.format.width),
            }
        )

    def elaborate(self, platform):
        m = Module()
        p, f = self.parameters, self.parameters.format
        size, negative, nan = self.i, Const(0, 1), self.nan
        if p.signed:
            size, negative, nan = self._registered(
                m, "sized", Mux(self.i[-1], -self.i, self.i)[: p.width - 1], self.i[-1], nan
            )
        below, above = p.zeros
        size = Cat(Const(0, below), size, Const(0, above))
        # A one at the place of the least normal number ends the search.
        seen = size[p.size_bits - 1 - p.most_shift :]
        shift = leading_zeros(Cat(Const(1, 1), seen[1:]))
        if p.long:
            size, shift, negative, nan = self._registered(
                m, "found", size, shift, negative, nan
            )
        shifted = (size << shift)[: p.size_bits]
        exponent = Const(p.top) - shift
        if p.top > p.most_shift:
            # There are no subnormals: zero alone has no leading one.
            exponent = Mux(shifted[-1], exponent, 0)
        first = p.size_bits - f.fraction - 1
        fraction, exponent, half, rest, negative, nan = self._registered(
            m, "normal", shifted[first:], exponent[: p.top.bit_length()], shifted[first - 1],
            shifted[: first - 1].any(), negative, nan,
        )
        # The leading one of a normal number makes its exponent field one more, and a carry too.
        up = half & (rest | fraction[0])
        code = Cat(Const(0, f.fraction), exponent) + fraction + up
        rounded = Signal(f.width - 1)
        m.d.comb += rounded.eq(code)
        if p.overflows:
            with m.If(code >= f.infinity):
                m.d.comb += rounded.eq(f.infinity)
        if not f.subnormals:
            with m.If(code < f.least_normal):
                m.d.comb += rounded.eq(0)
        with m.If(self.en):
            m.d.sync += self.o.eq(Mux(nan, f.nan, Cat(rounded, negative)))
        return m

    def _registered(self, m: Module, name: str, *values: Value) -> list[Signal]:
        """Registers of ``values``."""
        held = [Signal(len(value), name=f"{name}_{n}") for n, value in enumerate(values)]
        with m.If(self.en):
            m.d.sync += [register.eq(value) for register, value in zip(held, values, strict=True)]
        return held


def leading_zeros(value: Value) -> Value:
    """Zeros above the highest one of ``value``, which has one: combinational, a tree."""
    if len(value) == 1:
        return Const(0, 0)
    half = 1 << (len(value) - 1).bit_length() - 1
    low, high = value[: len(value) - half], value[len(value) - half :]
    below, above = leading_zeros(low), leading_zeros(high)
    bits = half.bit_length() - 1
    padded = Cat(below, Const(0, bits - len(below)), Const(1, 1))
    return Mux(high.any(), above, padded)
