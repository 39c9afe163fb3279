"""Taken inputs: floats limited to a range, as signed significands and shifts."""

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.floating.operands import TakenInputs

__all__ = ["Taken", "taken_layout"]


def taken_layout(taken: TakenInputs) -> data.StructLayout:
    """Layout of an input that is taken, ``significand * 2**(shift + range.least)``, and whether it
    is NaN, whose number is not looked at."""
    return data.StructLayout(
        {"significand": signed(taken.significand.width), "shift": taken.shift_bits, "nan": 1}
    )


class Taken(wiring.Component):
    """``o`` is ``i`` as :meth:`quant.floating.input_range.InputRange.take` limits it.

    Combinational: a comparison, and the shift of a significand that has bits below the last one
    that is taken, or is a whole number.

    Parameters
    ----------
    parameters
        The range, and how its numbers are split.

    Members
    -------
    i : ``In``, a code
    o : ``Out``, of :func:`taken_layout`
    """

    def __init__(self, parameters: TakenInputs):
        self.parameters = parameters
        super().__init__(
            {"i": In(parameters.range.format.width), "o": Out(taken_layout(parameters))}
        )

    def elaborate(self, platform):
        m = Module()
        p, f = self.parameters, self.parameters.range.format
        size = Signal(f.width - 1)
        m.d.comb += [
            self.o.nan.eq(self.i[:-1] > f.infinity),
            size.eq(Mux(self.i[:-1] > p.greatest_code, p.greatest_code, self.i[:-1])),
        ]
        field = size[f.fraction :]
        normal = field.any()
        fraction = size[: f.fraction]
        if not f.subnormals:
            fraction = Mux(normal, fraction, 0)
        significand = Cat(fraction, normal)
        # Below the greatest number's exponent.
        top_field = p.top - f.least_exponent + 1
        below = Signal(range(max(top_field, 2)))
        m.d.comb += below.eq(top_field - Mux(normal, field, 1))
        up = p.top - p.range.least
        number = Signal(p.size_bits)
        if p.whole:
            placed = significand << up if up >= 0 else significand >> -up
            m.d.comb += number.eq(placed >> below)
        else:
            m.d.comb += [number.eq(significand), self.o.shift.eq(up - below)]
            if up < top_field - 1:
                with m.If(below > up):
                    m.d.comb += [number.eq(significand >> (below - up)[:-1]), self.o.shift.eq(0)]
        m.d.comb += self.o.significand.eq(Mux(self.i[-1], -number, number))
        return m
