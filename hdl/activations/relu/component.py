"""Rectified linear unit."""

from amaranth import Module, Mux, Signal

from build_decoder.hdl.activations.component import ActivationComponent, realises
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.activations.relu import Relu

__all__ = ["ReluComponent"]


@realises(Relu)
class ReluComponent(ActivationComponent):
    """``o = requantise(max(i, 0))``, see :class:`quant.activations.relu.Relu`. Latency 2."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.narrow = narrow = Requantiser(self.parameters.narrowing)
        held = Signal(shape_of(self.parameters.input))
        with m.If(self.en):
            m.d.sync += [held.eq(Mux(self.i < 0, 0, self.i)), self.o.eq(narrow.o)]
        m.d.comb += narrow.i.eq(held)
        return m
