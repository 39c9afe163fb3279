"""Which units can make a layer's products, proven from its folding and its actual weights, or from
their format where others may be written in their place."""

import numpy as np

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.dsp_packing import DspPacking
from build_decoder.hdl.planning.multipliers import Multiplier

__all__ = [
    "SELECT_WEIGHT_BITS",
    "fits_block",
    "fits_select",
    "packs",
    "select_misfit",
]

SELECT_WEIGHT_BITS = 2
"""Bits of a signed weight whose product can be selected in the LUTs that add."""


def fits_block(plan: DensePlan, multiplier: Multiplier, block: DspBlock) -> bool:
    """Whether a unit of ``multiplier`` is one ``block``, or has its products made by one."""
    p, width = plan.parameters, plan.unit_width
    if block.accumulator and plan.constant_weights:
        # They are never loaded, and so do not get into the block's registers.
        return False
    if multiplier is not Multiplier.PACKED:
        widths = block.operand_width(p.weight), block.operand_width(p.input)
        return block.makes(p.weight, p.input) and block.fits(*widths, width)
    if not block.packs or plan.neurons < 2:
        return False
    if plan.reloadable:
        low = high = np.array([p.weight.min_raw, p.weight.max_raw])
    else:
        pairs = plan.neurons // 2 * 2
        low, high = plan.weight_rows[:, :, 0:pairs:2], plan.weight_rows[:, :, 1:pairs:2]
    return block.fits_pairs(
        p.weight, p.input, width, lambda field: DspPacking(field).operand_width(low, high)
    )


def packs(plan: DensePlan, block: DspBlock) -> bool:
    """Whether neighbouring neurons may share a ``block``."""
    return fits_block(plan, Multiplier.PACKED, block)


def select_misfit(plan: DensePlan) -> tuple[str, str] | None:
    """What a selecting unit expects of a layer and what the layer has; None if it fits."""
    p = plan.parameters
    if not plan.selects:
        return "a layer of one sum a neuron", "one of several"
    if plan.reloadable:
        bits = p.weight.width + (not p.weight.signed)
    else:
        least, greatest = min(-1, int(p.weights.min())), max(0, int(p.weights.max()))
        bits = max((-least - 1).bit_length(), greatest.bit_length()) + 1
    if bits > SELECT_WEIGHT_BITS:
        return f"weights of at most {SELECT_WEIGHT_BITS} bits", str(bits)
    if not plan.units_accumulate:
        return "1 input a cycle", str(plan.folding.inputs_per_cycle)
    if plan.passes > 1:
        return f"all {p.units} outputs a cycle", str(plan.neurons)
    if plan.beats < 2:
        return "at least 2 inputs", str(p.input_count)
    if plan.reloadable and p.input.signed:
        # What offset binary takes from a sum depends on the weights.
        return "unsigned inputs of weights that are written", str(p.input)
    return None


def fits_select(plan: DensePlan) -> bool:
    """Whether the units of a layer may be SELECT."""
    return select_misfit(plan) is None
