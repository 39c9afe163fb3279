"""Drain of a step's exact sums in floating point."""

from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.recurrent.drain import StepDrain
from build_decoder.hdl.recurrent.plan import RecurrentPlan

__all__ = ["FloatStepDrain"]


class FloatStepDrain(StepDrain):
    """As :class:`hdl.recurrent.drain.StepDrain`; ``nan`` comes with the sums of a pass, which are
    all NaN or none, and ``of_nan`` goes with those of both parts.

    All passes of a part take the same values, so that what one of them says of NaN holds for all.
    """

    def __init__(self, plan: RecurrentPlan):
        super().__init__(plan, {"nan": In(1), "of_nan": Out(1)})

    def _leave(self, m: Module, platform, draining, index, first, ports) -> None:
        super()._leave(m, platform, draining, index, first, ports)
        held, of_first = Signal(name="held_nan"), Signal(name="nan_of_first")
        with m.If(self.load):
            m.d.sync += held.eq(self.nan)
        with m.If(first[0]):
            m.d.sync += of_first.eq(held)
        m.d.sync += self.of_nan.eq(held | of_first)
