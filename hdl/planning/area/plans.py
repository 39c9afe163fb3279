"""Area of planned layers, by the fitted model of :mod:`hdl.planning.area`."""

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.engine.area import engine_area
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.area import (
    Area,
    BiasCounts,
    DenseShape,
    PackerShape,
    WeightCounts,
    area_of,
    dense_shape,
)
from build_decoder.hdl.planning.decoder_plan import DecoderPlan

__all__ = ["decoder_area", "plan_area", "shape_of_plan"]


def shape_of_plan(plan: DensePlan | PackerPlan, family: Family) -> DenseShape | PackerShape:
    """What decides the area of ``plan`` on an FPGA of ``family``."""
    if isinstance(plan, PackerPlan):
        return PackerShape(plan.format.width, plan.lanes, plan.count)
    p, folding = plan.parameters, plan.folding
    per_cycle = (folding.inputs_per_cycle, folding.outputs_per_cycle)
    return dense_shape(
        p,
        folding,
        plan.multipliers,
        lanes=plan.lanes,
        double_buffered=plan.double_buffered,
        weights=WeightCounts.of(p.weights, p.weight.width, per_cycle, family.memory),
        biases=BiasCounts.of(p.stored_biases, plan.lanes),
        activation=activation_plan(p.activation).shape,
    )


def plan_area(plan: DensePlan | PackerPlan | EnginePlan, family: Family) -> Area:
    """Estimated area of a layer, with its actual weights, of a packer, or of an engine."""
    if isinstance(plan, EnginePlan):
        return engine_area(plan, family)
    return area_of(shape_of_plan(plan, family), family)


def decoder_area(plan: DecoderPlan, family: Family) -> Area:
    """Estimated area of a decoder without a board's shell."""
    return sum((plan_area(stage.plan, family) for stage in plan.stages), Area())
