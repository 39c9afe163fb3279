"""Layers in hardware: one folder a type, with a plan and a component, found by looking in here.

To add one, add a folder of the name that the type has in `models.layers`. Its ``plan`` module has a
:class:`hdl.planning.plan.LayerPlan`, which the folder itself calls ``PLAN``, and its ``component``
module the hardware, ``COMPONENT``.
"""

from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.models.discovery import discover
from build_decoder.quant.layer import IntegerLayer

__all__ = ["for_models", "get", "made_names", "names", "plan_type"]

_PLANS: dict[str, type[LayerPlan]] = discover(__name__, __path__, "PLAN")
_OF_MODELS: dict[str, type[LayerPlan]] = {}


def for_models(plan: type[LayerPlan]) -> type[LayerPlan]:
    """Class decorator: plans of a layer that models alone have and no network: several layers of
    one as hardware of one kind, or a layer in another arithmetic."""
    _OF_MODELS[plan.name] = plan
    return plan


def names() -> tuple[str, ...]:
    """Names of all layer types that there are in hardware, sorted."""
    return tuple(sorted(_PLANS))


def made_names() -> tuple[str, ...]:
    """Names of all plans of layers, those that models alone have too, sorted."""
    return tuple(sorted((*_PLANS, *_OF_MODELS)))


def get(name: str) -> type[LayerPlan]:
    """Plans of the layer type called ``name``; `KeyError` where there is no hardware."""
    return _PLANS[name] if name in _PLANS else _OF_MODELS[name]


def plan_type(layer: IntegerLayer) -> type[LayerPlan]:
    """Plans of a layer's type.

    Raises
    ------
    ValueError
        If there is no hardware.
    """
    for plan in (*_PLANS.values(), *_OF_MODELS.values()):
        if plan.layer_type is type(layer):
            return plan
    raise ValueError(f"expected a layer of {', '.join(names())}, got {type(layer).__name__}")
