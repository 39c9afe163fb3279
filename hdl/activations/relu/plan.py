"""Plan of a rectified linear unit."""

from build_decoder.hdl.activations.plan import ActivationPlan, plans
from build_decoder.hdl.planning.area.shapes import ActivationShape
from build_decoder.quant.activations.relu import Relu

__all__ = ["ReluPlan"]


@plans(Relu)
class ReluPlan(ActivationPlan):
    """Plan of :class:`hdl.activations.relu.component.ReluComponent`."""

    latency = 2

    @property
    def shape(self) -> ActivationShape:
        return self.narrowing_shape()
