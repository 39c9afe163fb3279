"""Division of many numerators by one denominator, whose quotients become floating-point codes."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib.wiring import In

from build_decoder.hdl.floating.attention.quotients import FloatQuotients
from build_decoder.hdl.floating.rounder import Rounder
from build_decoder.hdl.parts.group_division import GroupDivision

__all__ = ["FloatGroupDivision"]


class FloatGroupDivision(GroupDivision):
    """As :class:`hdl.parts.group_division.GroupDivision`: dividers take sizes, and their quotients
    go through rounders while they stay. ``next_nan``, which is kept with ``load``, says that all
    outputs are NaN."""

    MORE = {"next_nan": In(1)}

    def __init__(self, quotients: FloatQuotients):
        super().__init__(quotients)
        self._nan = Signal(name="nan")

    def elaborate(self, platform):
        m = super().elaborate(platform)
        with m.If(self.load):
            m.d.sync += self._nan.eq(self.next_nan)
        return m

    def _divided(self, m: Module, lane: int, numerator: Value, load: Value, step: Value) -> Value:
        rounding = self.quotients.rounding
        number, negative = numerator.as_signed(), Signal(name=f"negative_{lane}")
        with m.If(load):
            m.d.sync += negative.eq(numerator[-1])
        size = Mux(numerator[-1], -number, number)[: len(numerator)]
        divider = self._divider(m, lane, size, load, step)
        m.submodules[f"round_{lane}"] = rounder = Rounder(rounding)
        m.d.comb += [
            rounder.en.eq(1),
            rounder.nan.eq(self._nan),
            rounder.i.eq(Cat(divider.rest, divider.quotient)),
        ]
        # The one NaN that is written is positive.
        return Cat(rounder.o[:-1], negative & ~self._nan)
