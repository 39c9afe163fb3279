"""Layers in hardware: one folder a type, with a plan and a component, found by looking in here.

To add one, add a folder of the name that the type has in `models.layers`. Its ``plan`` module has a
:class:`hdl.planning.plan.LayerPlan`, which the folder itself calls ``PLAN``, and its ``component``
module the hardware, ``COMPONENT``.
"""

from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.models.discovery import discover
from build_decoder.quant.layer import IntegerLayer

__all__ = ["has_plan", "plan_type"]

_PLANS: dict[type[IntegerLayer], type[LayerPlan]] = {
    plan.layer_type: plan for plan in discover(__name__, __path__, "PLAN").values()
}


def has_plan(layer: IntegerLayer) -> bool:
    """Whether there is hardware of a layer's type."""
    return type(layer) in _PLANS


def plan_type(layer: IntegerLayer) -> type[LayerPlan]:
    """Plans of a layer's type; `KeyError` where there is no hardware."""
    return _PLANS[type(layer)]
