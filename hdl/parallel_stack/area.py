"""Estimated area of the array of LSTMs in a row."""

import numpy as np

from build_decoder.hdl.family import Family
from build_decoder.hdl.parallel_stack.columns_of_bits import column_luts, in_block_rams
from build_decoder.hdl.parallel_stack.plan import ParallelStackPlan
from build_decoder.hdl.planning.area import block_luts, product_luts
from build_decoder.hdl.planning.areas import Area
from build_decoder.hdl.planning.memories import MemoryRules
from build_decoder.hdl.planning.weight_rows import different_columns

__all__ = ["array_area"]


def array_area(plan: ParallelStackPlan, family: Family) -> Area:
    """Weights, products, registers from unit to unit, and the selection of a unit's sums."""
    sums, lanes, units = plan.sums, plan.folding.inputs_per_cycle, plan.most_units
    p, multipliers, width = sums.parameters, sums.multipliers, sums.unit_width
    luts, blocks = _weights(plan, family.memory)
    products = multipliers.lut * product_luts(p.input, p.weight, width, family, accumulates=True)
    products += 2 * multipliers.packed * block_luts(width, family, accumulates=True)
    products += multipliers.dsp * block_luts(width, family, accumulates=True)
    registers = multipliers.lut * (p.weight.width + p.input.width + p.weight.width + width)
    if not family.dsp.accumulator:
        registers += multipliers.blocks * (p.weight.width + width)
    word = lanes * plan.gates * width
    groups = -(-units // plan.select_among)
    first = family.multiplexer_luts(min(units, plan.select_among))
    selected = word * (first * groups + family.multiplexer_luts(groups))
    added = plan.gates * (lanes - 1) * (width + 1)
    passed = units * (lanes * p.input.width + (sums.beats - 1).bit_length() + 2)
    return Area(
        lut=luts + products + selected + added,
        ff=registers + word * (groups + (groups > 1)) + added + passed,
        dsp=multipliers.blocks,
        bram=blocks / family.memory.blocks,
    )


def _weights(plan: ParallelStackPlan, rules: MemoryRules) -> tuple[int, int]:
    """LUTs and least block RAMs of the weights of all units."""
    weights, luts, blocks = plan.sums.parameters, 0, 0
    for unit in range(plan.most_units):
        rows = weights.weights[:, plan.neurons_of(unit)]
        columns, _ = different_columns(rows, weights.weight.width)
        if not len(columns):
            continue
        chosen = in_block_rams(columns, rules)
        luts += int(np.sum(column_luts(columns[~chosen], rules)))
        blocks += rules.block_rams(len(rows), int(chosen.sum())) if chosen.any() else 0
    return luts, blocks
