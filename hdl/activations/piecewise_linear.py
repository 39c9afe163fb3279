"""Piecewise-linear activation unit (AHEAD, Figure 7a)."""

from amaranth import Array, Cat, Module, Mux, Signal

from hdl.activations import ActivationComponent, realises
from hdl.adder_tree import adder_tree
from quant.activations.piecewise_linear import PiecewiseLinear

__all__ = ["PiecewiseLinearComponent"]


@realises(PiecewiseLinear)
class PiecewiseLinearComponent(ActivationComponent):
    """``o = (intercept[s] + slope[s] * offset) >> guard_bits``.

    Latency 2: the segment's coefficients and the offset are registered, then the result. The
    address generation unit is wires: the segment is the input's top bits, its sign inverted. The
    multiplier, a few bits by a few, is written as shifted additions, so that it never takes a DSP
    block away from the MAC lanes.
    """

    latency = 2

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        position = Cat(self.i[:-1], self.i[-1] ^ p.input.signed)
        segment = position[p.offset_bits :]

        intercept = Signal(range(min(p.intercepts), max(p.intercepts) + 1))
        slope = Signal(range(min(0, *p.slopes), max(p.slopes) + 1))
        offset = Signal(p.offset_bits)
        if p.segment_bits:
            intercept_now = Array(p.intercepts)[segment]
            slope_now = Array(p.slopes)[segment]
        else:
            intercept_now, slope_now = p.intercepts[0], p.slopes[0]

        products = [Mux(bit, slope << n, 0) for n, bit in enumerate(offset)]
        with m.If(self.en):
            m.d.sync += [
                intercept.eq(intercept_now),
                slope.eq(slope_now),
                offset.eq(position),
                self.o.eq(adder_tree([intercept, *products]) >> p.guard_bits),
            ]
        return m
