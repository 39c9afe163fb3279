"""Estimated area of a column engine."""

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.areas import Area

__all__ = ["engine_area"]

_CONTROL = Area(lut=180, ff=250)
"""What goes through the steps and their loops, and where values go."""

_A_LAYER = Area(lut=33)
"""Its line in what is looked up."""


def engine_area(plan: EnginePlan, family: Family) -> Area:
    """Sums and memories are counted, all else is rough: LUTs of the 7 series are within a tenth of
    those that are synthesised, where memories are large enough for blocks."""
    program, products = plan.program, plan.products
    memory, layers = family.memory, plan.network.layers
    added = sum(
        (plan.taps >> level) * (products.unit_width + level)
        for level in range(1, plan.levels + 1)
    )
    # Sums, those that leave, and four steps of one of them.
    sums = plan.filters * (added + 2 * plan.sum_width) + 4 * plan.sum_width
    width = plan.value_format.width
    selected = plan.taps * width * family.multiplexer_luts(plan.taps) if plan.taps > 1 else 0
    pairs = plan.filters // 2 if plan.packed else 0
    blocks = pairs + plan.filters - 2 * pairs
    opened = sum(layer.rows.windows * layer.filters for layer in layers
                 if layer.steps.size * layer.rows.size > 1)
    bits = products.parameters.weight.width * plan.taps * plan.filters
    banks = memory.ram_blocks(program.words, width)
    rams = (
        plan.taps * banks
        + memory.block_rams(len(program.weight_rows), bits)
        + memory.block_rams(len(program.steps), _STEP_BITS)
    )
    return _CONTROL + Area(
        lut=sums + selected + _A_LAYER.lut * len(layers) + opened * width / 48,
        ff=plan.filters * (added + 2 * plan.sum_width) + 2 * plan.sum_width
        + plan.taps * width,
        dsp=blocks * plan.taps,
        bram=rams / memory.blocks,
    )


_STEP_BITS = 36
"""About as many as a step of a large program takes."""
