"""Drain of floats: bias, activation and the one rounding of a neuron."""

from amaranth import Module, Mux, Signal, signed
from amaranth.lib.wiring import In

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.floating.rounder import Rounder
from build_decoder.hdl.parts.drain import Drain
from build_decoder.hdl.parts.requantise import saturated

__all__ = ["FloatDrain"]


class FloatDrain(Drain):
    """As :class:`hdl.parts.drain.Drain`, of exact sums that become floats.

    ``nan`` says that all outputs of the pass are NaN; it is captured with the sums, and holds as
    they do.
    """

    MORE = {"nan": In(1)}

    def _finish(self, m: Module, lane: int, accumulated, bias, step):
        plan, p = self.plan, self.plan.parameters
        sums, most = p.sums, p.sums.total
        total = Signal(signed(most.width), name=f"total_{lane}")
        with m.If(step):
            m.d.sync += total.eq((accumulated << (sums.least - most.least)) + bias)
        nan = self._nan(m, lane, step)
        m.submodules[f"round_{lane}"] = rounder = Rounder(plan.rounding)
        m.d.comb += [
            rounder.en.eq(step),
            rounder.nan.eq(nan),
            rounder.i.eq(self._activated(m, lane, total, step)),
            self.o.payload[lane].eq(rounder.o),
        ]

    def _activated(self, m: Module, lane: int, total: Signal, step):
        """What is rounded of a sum."""
        p = self.plan.parameters
        if p.form is None:
            return Mux(total[-1], 0, total[:-1]) if p.rectified else total
        component = activation_component(p.form)
        m.submodules[f"activation_{lane}"] = activation = component(p.form)
        # Half a step is in the bias where bits are dropped.
        dropped = -p.form.input.fraction - p.sums.total.least
        steps = total >> dropped if dropped >= 0 else total << -dropped
        m.d.comb += [
            activation.en.eq(step),
            activation.i.eq(saturated(steps, p.form.input)),
        ]
        return activation.o

    def _nan(self, m: Module, lane: int, step) -> Signal:
        """Whether the sum that a rounder takes is NaN."""
        nan = self.nan
        if self.plan.captures:
            nan = Signal(name=f"nan_held_{lane}")
            with m.If(self.load):
                m.d.sync += nan.eq(self.nan)
        stages = self.plan.drain_latency - self.plan.rounding.latency
        for stage in range(stages):
            after = Signal(name=f"nan_{lane}_{stage}")
            with m.If(step):
                m.d.sync += after.eq(nan)
            nan = after
        return nan
