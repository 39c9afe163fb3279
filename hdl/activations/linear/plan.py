"""Plan of a linear activation."""

from build_decoder.hdl.activations.plan import ActivationPlan, plans
from build_decoder.hdl.planning.area.shapes import ActivationShape
from build_decoder.quant.activations.linear import Linear

__all__ = ["LinearPlan"]


@plans(Linear)
class LinearPlan(ActivationPlan):
    """Plan of :class:`hdl.activations.linear.component.LinearComponent`."""

    latency = 2

    @property
    def shape(self) -> ActivationShape:
        return self.narrowing_shape()
