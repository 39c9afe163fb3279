"""What of a decoder depends on its clock: products that take two cycles where it is fast."""

from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.plan import LayerPlan

__all__ = ["for_clock"]


def for_clock(plan: DecoderPlan, family: Family, clock_mhz: float) -> DecoderPlan:
    """``plan``, or one whose dense layers have pipelined products if the clock asks for it.

    Each takes a cycle more. Products that units select, or that truth tables make, are quick enough
    as they are, and a layer that has nothing else stays as it is.

    Parameters
    ----------
    clock_mhz
        Of the decoder, MHz.
    """
    if family.pipelined_mhz is None or clock_mhz < family.pipelined_mhz:
        return plan
    slow = [name for name, layer in plan.layers.items() if _is_slow(layer, family)]
    if not slow or any(stage.plan.serves for stage in plan.stages):
        # Layers that share multipliers go at the pace of these.
        return plan
    choices = {name: layer.choices for name, layer in plan.layers.items()}
    for name in slow:
        choices[name] = {**choices[name], "pipelined_products": True}
    return DecoderPlan.chosen(plan.model, choices, reloadable=plan.reloadable)


def _is_slow(plan: LayerPlan, family: Family) -> bool:
    """Whether a layer is a dense one with products that are slow for one cycle."""
    if not isinstance(plan, DensePlan) or plan.multipliers.select:
        return False
    operands = plan.parameters.input.width + plan.parameters.weight.width
    return bool(plan.multipliers.blocks) or operands > family.table_inputs
