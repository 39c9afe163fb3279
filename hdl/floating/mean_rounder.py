"""Mean rounder: an exact sum becomes the floating-point code of its mean."""

from amaranth import Cat, Const, Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.floating.mean import MeanDivision
from build_decoder.hdl.floating.rounder import Rounder
from build_decoder.hdl.floating.taken import Taken
from build_decoder.hdl.parts.shift_add import shift_add_product

__all__ = ["MeanRounder", "added_float", "sum_layout"]


def sum_layout(division: MeanDivision) -> data.StructLayout:
    """Layout of a sum, and whether it is NaN, whose number is not looked at."""
    return data.StructLayout({"sum": signed(division.width), "nan": 1})


def added_float(m: Module, name: str, division: MeanDivision, value, before, first, over) -> Signal:
    """The sum ``before``, which is zero if it is the ``first``, with a code ``value`` that is not
    ``over``: combinational, of :func:`sum_layout`."""
    m.submodules[f"taken_{name}"] = taken = Taken(division.taken)
    total = Signal(sum_layout(division), name=f"total_{name}")
    number = Signal.like(total.sum, name=f"number_{name}")
    m.d.comb += taken.i.eq(value)
    with m.If(~over):
        m.d.comb += number.eq(taken.o.significand << taken.o.shift)
    with m.If(first):
        m.d.comb += [total.sum.eq(number), total.nan.eq(taken.o.nan & ~over)]
    with m.Else():
        m.d.comb += [
            total.sum.eq(before.sum + number), total.nan.eq(before.nan | (taken.o.nan & ~over))
        ]
    return total


class MeanRounder(wiring.Component):
    """``o = round(i / count)``, to the nearest, ties to the even code; NaN of a sum that is.

    Latency: ``division.latency`` cycles with ``en``, without which everything holds. Throughput:
    one a cycle.

    Parameters
    ----------
    division : MeanDivision
        What is divided, and by what.

    Members
    -------
    en : ``In``, 1
    i : ``In``, of :func:`sum_layout`
    o : ``Out``, a code
    """

    def __init__(self, division: MeanDivision):
        self.division = division
        super().__init__(
            {
                "en": In(1),
                "i": In(sum_layout(division)),
                "o": Out(division.layer.output.width),
            }
        )

    def elaborate(self, platform):
        m = Module()
        division = self.division
        m.submodules.rounder = rounder = Rounder(division.rounding)
        held = Signal(self.i.shape())
        number, nan = held.sum, held.nan
        with m.If(self.en):
            m.d.sync += held.eq(self.i)
        if division.divides:
            # In LUTs: DSP blocks are given out to layers of weights, and none is left for this.
            exact = shift_add_product(number, Const(division.factor)).shift_left(division.places)
            exact = exact + division.addend
            product = Signal(exact.shape())
            quotient = Signal(rounder.i.shape())
            inexact = product[: division.shift] >= division.factor
            of_product, of_quotient = Signal(), Signal()
            with m.If(self.en):
                m.d.sync += [
                    product.eq(exact),
                    quotient.eq(Cat(inexact, product[division.shift :]).as_signed()),
                    of_product.eq(nan),
                    of_quotient.eq(of_product),
                ]
            number, nan = quotient, of_quotient
        m.d.comb += [
            rounder.en.eq(self.en), rounder.nan.eq(nan), rounder.i.eq(number), self.o.eq(rounder.o)
        ]
        return m
