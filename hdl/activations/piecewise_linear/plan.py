"""Plan of a piecewise-linear activation."""

from build_decoder.hdl.activations.plan import ActivationPlan, plans
from build_decoder.hdl.planning.area.shapes import ActivationShape
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear

__all__ = ["PiecewiseLinearPlan"]


@plans(PiecewiseLinear)
class PiecewiseLinearPlan(ActivationPlan):
    """Plan of :class:`hdl.activations.piecewise_linear.component.PiecewiseLinearComponent`."""

    latency = 2

    @property
    def shape(self) -> ActivationShape:
        p = self.parameters
        # A segment's number, the offset in it, and whether the result is mirrored.
        found = (p.segments - 1).bit_length() + p.offset_bits + 1
        return ActivationShape(lines=p.size, registers=found + p.output.width)
