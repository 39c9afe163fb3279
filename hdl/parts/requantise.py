"""Requantiser: a named narrowing in combinational logic."""

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

__all__ = ["Requantiser", "saturated"]


class Requantiser(wiring.Component):
    """``o = saturate(rounding(i * 2**(target.fraction - source.fraction)))``.

    Combinational: latency 0. Flooring is wires; rounding half up and half to even is an adder;
    saturation looks at the bits above the target alone.

    Parameters
    ----------
    parameters
        Formats and rounding.

    Members
    -------
    i : ``In``, shape of ``parameters.source``
    o : ``Out``, shape of ``parameters.target``
    """

    def __init__(self, parameters: Requantise):
        self.parameters = parameters
        super().__init__(
            {"i": In(shape_of(parameters.source)), "o": Out(shape_of(parameters.target))}
        )

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        raw = self.i
        if p.dropped_bits <= 0:
            scaled = raw.shift_left(-p.dropped_bits)
        elif p.rounding is Rounding.HALF_UP:
            scaled = (raw + (1 << (p.dropped_bits - 1))) >> p.dropped_bits
        elif p.rounding is Rounding.HALF_EVEN:
            odd = raw.bit_select(p.dropped_bits, 1) if p.dropped_bits < len(raw) else raw[-1]
            if p.dropped_bits >= len(raw) and not raw.shape().signed:
                odd = Const(0, 1)
            scaled = (raw + ((1 << (p.dropped_bits - 1)) - 1) + odd) >> p.dropped_bits
        else:
            scaled = raw >> p.dropped_bits
        rounded = Signal(scaled.shape())
        m.d.comb += rounded.eq(scaled)
        m.d.comb += self.o.eq(saturated(rounded, p.target))
        return m


def saturated(raw: Value, target: QFormat) -> Value:
    """``raw`` limited to the range of ``target``."""
    signed = raw.shape().signed
    negative = raw[-1] if signed else Const(0, 1)
    magnitude = len(raw) - signed
    target_magnitude = target.width - target.signed
    above = raw[target_magnitude:magnitude] if magnitude > target_magnitude else Const(0, 0)
    kept = raw[:target.width]
    if not target.signed:
        return Mux(negative, 0, Mux(above.any(), target.max_raw, kept))
    if not len(above):
        return raw
    # Bits above the target must all equal the sign.
    overflow = Mux(negative, ~above.all(), above.any())
    limit = Cat((~negative).replicate(target_magnitude), negative)
    return Mux(overflow, limit, kept).as_signed()
