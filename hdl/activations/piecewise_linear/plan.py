"""Plan of a piecewise-linear activation."""

from build_decoder.hdl.activations.plan import ActivationPlan, plans
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear

__all__ = ["PiecewiseLinearPlan"]


@plans(PiecewiseLinear)
class PiecewiseLinearPlan(ActivationPlan):
    """Plan of :class:`hdl.activations.piecewise_linear.component.PiecewiseLinearComponent`."""

    latency = 2
