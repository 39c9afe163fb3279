"""Division of a sum by a constant, rounded and narrowed."""

from amaranth import Const, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.parts.shift_add import shift_add_product
from build_decoder.hdl.planning.reciprocal import Reciprocal
from build_decoder.hdl.shapes import shape_of

__all__ = ["ConstantDivision"]


class ConstantDivision(wiring.Component):
    """``o = sat(round_half_up(i / constant))`` three cycles with ``en`` later; without ``en``
    everything holds.

    The sum is registered, then its product with a constant that divides exactly, and then what is
    narrowed. Of a power of two the product is a shift.

    Parameters
    ----------
    division
        What is divided, and by what.

    Members
    -------
    en : ``In``, 1
    i : ``In``, a numerator
    o : ``Out``, in the format of the quotient
    """

    def __init__(self, division: Reciprocal):
        self.division = division
        super().__init__(
            {
                "en": In(1),
                "i": In(shape_of(division.quotient.numerator.format)),
                "o": Out(shape_of(division.quotient.output)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        division = self.division
        m.submodules.narrow = narrow = Requantiser(division.narrowing)
        dividend = Signal(self.i.shape())
        # In LUTs: DSP blocks are given out to layers of weights, and none is left for this.
        exact = shift_add_product(dividend, Const(division.multiplier)) + division.addend
        product = Signal(exact.shape())
        with m.If(self.en):
            m.d.sync += [dividend.eq(self.i), product.eq(exact), self.o.eq(narrow.o)]
        m.d.comb += narrow.i.eq(product >> division.shift)
        return m
