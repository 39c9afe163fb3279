"""Estimated area of a column engine."""

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.top_bits import lut_estimate, top_bits
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.areas import Area

__all__ = ["engine_area"]

_CONTROL = Area(lut=180, ff=250)
"""What goes through the steps and their loops, and where values go."""

_A_LAYER, _A_LANE_OF_A_LAYER = 25, 8
"""LUTs of its line in what is looked up, and in that of each lane of the drain."""


def engine_area(plan: EnginePlan, family: Family) -> Area:
    """Sums and memories are counted, all else is rough: LUTs of the 7 series are within a seventh
    of those that are synthesised, where memories are large enough for blocks."""
    program, products = plan.program, plan.products
    memory, layers = family.memory, plan.network.layers
    left, added = 1 if plan.chained else plan.taps, 0
    while left > 1:
        left = -(-left // 2)
        added += left * (products.unit_width + plan.levels - (left - 1).bit_length())
    # Sums, those that leave, and four steps of some of them.
    sums = plan.filters * (added + 2 * plan.sum_width) + 4 * plan.lanes * plan.sum_width
    width = plan.value_format.width
    selected = plan.taps * width * family.multiplexer_luts(program.banks) if plan.taps > 1 else 0
    looked_up = (_A_LAYER + _A_LANE_OF_A_LAYER * plan.lanes) * len(layers)
    # Inputs of a chain wait in shift registers, a LUT a bit.
    waiting = (plan.taps - 1) * width if plan.chained else 0
    units = plan.multipliers
    operands = products.parameters.weight.width * width
    opened = sum(layer.rows.windows * layer.filters for layer in layers
                 if layer.steps.size * layer.rows.size > 1)
    rows = program.weight_rows.reshape(len(program.weight_rows), -1)
    weight_width, memories = products.parameters.weight.width, plan.weight_memories
    top = top_bits(rows, weight_width, family, memories)
    widened = lut_estimate(rows, weight_width, top)
    bits = (weight_width - top) * plan.taps * plan.filters
    banks = memory.ram_blocks(program.words, width)
    rams = (
        program.banks * banks
        + memories * memory.block_rams(len(rows), bits // memories)
        + memory.ram_blocks(program.sums, plan.filters * plan.sum_width)
        + memory.block_rams(len(program.steps), _STEP_BITS)
    )
    return _CONTROL + Area(
        lut=sums + selected + waiting + looked_up + opened * width / 48 + widened
        + units.lut * operands,
        ff=plan.filters * (added + 2 * plan.sum_width) + 2 * plan.lanes * plan.sum_width
        + plan.taps * width,
        dsp=units.blocks,
        bram=rams / memory.blocks,
    )


_STEP_BITS = 36
"""About as many as a step of a large program takes."""
