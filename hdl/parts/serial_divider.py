"""Divider that finds a bit of the quotient a cycle."""

from amaranth import Cat, Const, Module, Mux, Shape, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.planning.serial_division import SerialDivision

__all__ = ["SerialDivider"]


class SerialDivider(wiring.Component):
    """``quotient = floor(numerator * 2**places / denominator)``, division without restoring.

    ``load`` takes the numerator. Each ``step`` behind it finds a bit, the highest one first: what
    remains is doubled, the next bit of the numerator comes in, and the denominator is taken away,
    or added if nothing remains to take it from. Bits are those that it could be taken from. After
    ``division.bits`` steps the quotient is there, and stays until the next ``load`` or ``step``.
    The denominator must stay from the first step to the last one. Of zero by zero, all bits are 1.

    Parameters
    ----------
    division
        Widths.

    Members
    -------
    load, step : ``In``, 1
    numerator, denominator : ``In``, unsigned
    quotient : ``Out``, unsigned, ``division.bits`` wide
    rest : ``Out``, 1
        Whether anything remains behind the bits of the quotient.
    """

    def __init__(self, division: SerialDivision):
        self.division = division
        super().__init__(
            {
                "load": In(1),
                "step": In(1),
                "numerator": In(division.numerator),
                "denominator": In(division.denominator),
                "quotient": Out(division.bits),
                "rest": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        division = self.division
        whole, places, bits = division.whole, division.places, division.bits
        # Between minus the denominator and the denominator.
        remainder = Signal(Shape(division.denominator + 1, signed=True))
        after = Signal.like(remainder)
        negative = remainder[-1]
        doubled = Cat(self.quotient[-1], remainder)
        changed = Mux(negative, self.denominator, ~self.denominator)
        # Bits that are still to come leave at the top, and those of the quotient enter below. The
        # lowest bit of the sum is a carry.
        inside = Cat(Const(1, 1), doubled) + Cat(~negative, changed, (~negative).replicate(2))
        m.d.comb += [
            after.eq(inside[1:]),
            self.rest.eq(remainder != Mux(negative, -self.denominator, 0)),
        ]
        coming = Cat(Const(0, max(places, 0)), self.numerator[max(-places, 0) : whole])
        with m.If(self.load):
            m.d.sync += [remainder.eq(self.numerator[whole:]), self.quotient.eq(coming)]
        with m.Elif(self.step):
            m.d.sync += [
                remainder.eq(after), self.quotient.eq(Cat(~after[-1], self.quotient[:-1]))
            ]
        assert len(coming) <= bits
        return m
