"""A narrowing to a format that was given, in hardware."""

from amaranth import Module, Signal

from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "FixedPointComponent"]


class FixedPointComponent(StageComponent):
    """``o = saturate(rounding(i))``, lane by lane, as `quant.layers.fixed_point` has it.

    What is narrowed is registered, and stands still while it is offered and not taken. Latency: one
    cycle. Throughput: one transfer a cycle::

        i.payload  A   B   B   C   -
        i.ready    1   0   1   1   0
        o.payload  -   A'  A'  B'  C'
        o.ready    1   0   1   1   1

    Parameters
    ----------
    plan : FixedPointPlan
        The formats, and how many values are narrowed beside each other.

    Members
    -------
    i0 : ``In``, stream of arrays of ``lanes`` values in the input's format
    o : ``Out``, stream of arrays of as many values in the output's format
    """

    def elaborate(self, platform):
        m = Module()
        (source,) = self.inputs
        moves = Signal()
        m.d.comb += [moves.eq(~self.o.valid | self.o.ready), source.ready.eq(moves)]
        with m.If(moves):
            m.d.sync += self.o.valid.eq(source.valid)
        for lane in range(self.plan.lanes):
            narrow = Requantiser(self.plan.layer.narrowing)
            m.submodules[f"narrow_{lane}"] = narrow
            m.d.comb += narrow.i.eq(source.payload[lane])
            with m.If(moves):
                m.d.sync += self.o.payload[lane].eq(narrow.o)
        return m


COMPONENT = FixedPointComponent
