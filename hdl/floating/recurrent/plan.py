"""What plans of layers that run a cell over time steps have in common in floating point."""

from typing import ClassVar

from build_decoder.hdl.floating.recurrent.step_sums import FloatStepSums, float_sums_of
from build_decoder.quant.floating.recurrent import FloatRecurrent

__all__ = ["FloatRecurrentPlan"]


class FloatRecurrentPlan:
    """In front of the plan of a layer in fixed point, in a plan's bases: the same control, whose
    sums are exact and leave one by one, and whose cell makes its products bit by bit."""

    writable: ClassVar[bool] = False
    bitwise: ClassVar[bool] = True

    layer: FloatRecurrent

    def step_sums(self, lanes: int) -> FloatStepSums:
        """The dense layer that makes a step's sums, of which one leaves a cycle."""
        return FloatStepSums(
            float_sums_of(self.layer.cell, self.gates), self.folding, 1, True, self.multipliers,
            channels=self.channels,
        )
