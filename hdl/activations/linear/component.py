"""Linear activation: a registered requantiser."""

from amaranth import Module, Signal

from build_decoder.hdl.activations.component import ActivationComponent, realises
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.activations.linear import Linear

__all__ = ["LinearComponent"]


@realises(Linear)
class LinearComponent(ActivationComponent):
    """``o = requantise(i)``, see :class:`quant.activations.linear.Linear`. Latency 2."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.narrow = narrow = Requantiser(self.parameters.narrowing)
        held = Signal(shape_of(self.parameters.input))
        with m.If(self.en):
            m.d.sync += [held.eq(self.i), self.o.eq(narrow.o)]
        m.d.comb += narrow.i.eq(held)
        return m
