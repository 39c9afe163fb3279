"""Area of planned stages, by the fitted model of :mod:`hdl.planning.area`."""

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.adapters.packer.plan import PackerPlan
from build_decoder.hdl.adapters.unpacker.plan import UnpackerPlan
from build_decoder.hdl.engine.area import engine_area
from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.graph_plan import GraphPlan
from build_decoder.hdl.layers.conv2d.kept.sums import KeptSums
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parallel_stack.area import array_area
from build_decoder.hdl.parallel_stack.plan import ParallelStackPlan
from build_decoder.hdl.planning.area import (
    Area,
    BiasCounts,
    DenseShape,
    PackerShape,
    WeightCounts,
    area_of,
    coefficients,
    dense_shape,
    product_luts,
)
from build_decoder.hdl.planning.area.features import tree_bits
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.plan import LayerPlan, Plan
from build_decoder.hdl.stack.sums import StackSums

__all__ = ["decoder_area", "plan_area", "shape_of_plan"]


def shape_of_plan(plan: DensePlan | PackerPlan, family: Family) -> DenseShape | PackerShape:
    """What decides the area of ``plan`` on an FPGA of ``family``."""
    if isinstance(plan, PackerPlan):
        return PackerShape(plan.format.width, plan.lanes, plan.count)
    p, folding = plan.parameters, plan.folding
    per_cycle = (folding.inputs_per_cycle, folding.outputs_per_cycle)
    if isinstance(plan, StackSums):
        # Parts have several numbers of inputs.
        rows = plan.weight_rows
        inputs = max(round(len(rows) / plan.passes), 1) * folding.inputs_per_cycle
        weights = WeightCounts.of_rows(rows, inputs, p.weight.width, family.memory)
    else:
        weights = WeightCounts.of(p.weights, p.weight.width, per_cycle, family.memory)
    return dense_shape(
        p,
        folding,
        plan.multipliers,
        lanes=plan.lanes,
        double_buffered=plan.captures,
        weights=weights,
        biases=BiasCounts.of(p.stored_biases, plan.lanes),
        activation=activation_plan(p.activation).shape,
    )


def plan_area(plan: Plan, family: Family) -> Area:
    """Estimated area of a stage, with its actual weights.

    That of dense layers and packers is fitted to synthesis runs. Of other stages, products, sums
    and memories are counted so too, and all else roughly: of a convolution or a recurrent layer by
    itself on the 7 series, estimated LUTs are within a quarter of those that are synthesised. On
    ECP5, LSTMs and GRUs whose products are made bit by bit took 1.4 times what was estimated.
    """
    if isinstance(plan, EnginePlan):
        return engine_area(plan, family)
    if isinstance(plan, GraphPlan):
        # Not estimated, if the family is that of its cells.
        return Area(lut=plan.luts, ff=plan.flip_flops)
    if isinstance(plan, KeptSums) and plan.chained:
        return area_of(shape_of_plan(plan, family), family) + _chain_area(plan, family)
    if isinstance(plan, DensePlan | PackerPlan):
        return area_of(shape_of_plan(plan, family), family)
    if isinstance(plan, LayerPlan) and plan.wires:
        return Area()
    area = sum((_memory_area(*memory, family) for memory in plan.storage), Area())
    if isinstance(plan, ParallelStackPlan):
        return area + array_area(plan, family) + _WALK + _logic_area(plan, family)
    if isinstance(plan, LayerPlan) and plan.multiplying is not None:
        selected = sum(bits * family.multiplexer_luts(among) for bits, among in plan.selected)
        more = _logic_area(plan, family) + Area(lut=selected)
        return area + plan_area(plan.multiplying, family) + _WALK + more
    if isinstance(plan, LayerPlan):
        # Beside adders there is little that shares their LUTs.
        luts, _ = coefficients(family)
        more = Area(lut=(luts["accumulator"] - 1) * plan.adder_bits)
        return area + _SMALL + _logic_area(plan, family) + more
    if isinstance(plan, UnpackerPlan):
        # A transfer is held, and shifted. On ECP5, synthesis makes up to four LUTs a bit of it.
        (taken,) = plan.inputs
        bits = taken.lanes * taken.format.width
        return area + Area(lut=bits, ff=bits)
    return area + _SMALL


_WALK = Area(lut=55, ff=40)
"""What counts through the windows of a convolution, on any family: of xc7, 20 to 80 LUTs."""

_SMALL = Area(lut=25, ff=25)
"""Control of a stage without products."""


def _chain_area(plan: KeptSums, family: Family) -> Area:
    """What chains of blocks take in place of trees."""
    luts, registers = coefficients(family)
    p, taps, neurons = plan.parameters, plan.folding.inputs_per_cycle, plan.neurons
    tree, _ = tree_bits(shape_of_plan(plan, family).product_width, taps)
    # Each input waits for the sum before it, on the 7 series in shift registers, a LUT a bit.
    waiting = (taps - 1) * p.input.width
    in_trees = Area(
        lut=-neurons * tree * luts["tree"], ff=-neurons * tree * registers["tree"]
    )
    if family.dsp.accumulator:
        return in_trees + Area(lut=waiting)
    added = taps * neurons * plan.unit_width
    return in_trees + Area(lut=added, ff=2 * added + waiting * taps / 2)


def _logic_area(plan: LayerPlan, family: Family) -> Area:
    """Activations, products and adders beside those of the dense layer."""
    luts, _ = coefficients(family)
    shapes = [activation_plan(each).shape for each in plan.activations]
    units = sum(
        luts["activation_table"] * shape.table + luts["activation_lines"] * shape.lines
        for shape in shapes
    )
    products = sum(product_luts(*pair, 0, family, accumulates=False) for pair in plan.products)
    registers = sum(shape.registers for shape in shapes) + plan.adder_bits
    return Area(lut=units + products + plan.adder_bits, ff=registers)


def _memory_area(rows: int, width: int, family: Family) -> Area:
    memory = family.memory
    return Area(
        lut=memory.ram_luts(rows, width),
        ff=memory.ram_bits(rows, width),
        bram=memory.ram_blocks(rows, width) / memory.blocks,
    )


def decoder_area(plan: DecoderPlan, family: Family) -> Area:
    """Estimated area of a decoder without a board's shell."""
    return sum((plan_area(stage.plan, family) for stage in plan.stages), Area())
