"""Features: counts of what takes LUTs and flip-flops, in units with a physical meaning.

They are the same for all families; what a unit of each takes is not.
"""

import math

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.area.shapes import DenseShape, PackerShape
from build_decoder.hdl.planning.folding import UNREGISTERED_GROUPS

__all__ = ["luts_of", "product_bits", "registers_of", "table_luts", "tree_bits"]

_BIAS_LUT_GROUPS = 32
_FEW_ROWS = 4


def luts_of(shape: DenseShape | PackerShape, family: Family) -> dict[str, float]:
    """Counts of what takes LUTs; the fitted coefficients are LUTs a count."""
    if isinstance(shape, PackerShape):
        return {
            "packer": 1,
            "packer_bits": _bits(shape.count) + _bits(shape.lanes),
            "packer_lanes": shape.lanes,
        }
    return {
        **_control_luts(shape, family),
        **_memory_luts(shape, family),
        **_product_luts(shape, family),
        **_drain_luts(shape, family),
    }


def _control_luts(shape: DenseShape, family: Family) -> dict[str, float]:
    replays = shape.passes > 1
    buffer = (shape.beats, shape.replay_width)
    return {
        "layer": 1,
        "beat_bits": _bits(shape.beats),
        "row_bits": _bits(shape.rows),
        "replay": replays,
        "replay_bits": replays * (_bits(shape.beats) + _bits(shape.passes)),
        "replay_forwarded": shape.replay_width,
        "replay_ram": family.memory.ram_luts(*buffer),
        "replay_bits_held": family.memory.ram_bits(*buffer),
        "replay_block": family.memory.ram_blocks(*buffer),
    }


def _memory_luts(shape: DenseShape, family: Family) -> dict[str, float]:
    memory = family.memory
    columns, tables = shape.weights.columns, shape.weights.tables
    parts = -(-shape.rows // memory.joined_rows)
    selected = 0
    if shape.weights_in_block_ram(memory):
        # Where several block RAMs are one memory behind each other.
        parts = memory.block_parts(shape.rows, columns)
        selected = columns * _selecting_luts(parts, memory.lut_inputs)
    return {
        # Of two rows, a column is the address.
        "rom_tables": tables if shape.rows > 2 else 0,
        "rom_selected": columns * _selecting_luts(parts, memory.lut_inputs) if tables else 0,
        "block_ram_mux": selected,
    }


def _selecting_luts(inputs: int, lut_inputs: int) -> int:
    """LUTs that select one of so many bits: a LUT of six inputs four bits, of four inputs two."""
    return -(-(inputs - 1) // (lut_inputs // 2))


def _product_luts(shape: DenseShape, family: Family) -> dict[str, float]:
    constant = shape.rows == 1
    # Of two rows, a bit of a weight is a constant or the address, in one sense or the other.
    alike = shape.rows <= 2
    tables = 0 if alike else table_luts(
        shape.input_width, shape.weight_width, family, shape.weights.bits
    )
    adder, full = product_bits(shape.input_width, shape.weights.bits)
    accumulating = shape.exact if shape.accumulates else 0
    summed = shape.lut + _products_of_blocks(shape, family)
    # Yosys has an adder's wider operand enter the carry chain directly. Where that is the sum,
    # which is selected, the selection shares the adder's LUTs.
    unused = shape.weight_width - shape.weights.bits
    wide = accumulating if shape.product_width - unused >= shape.exact else 0
    neurons = 0 if shape.accumulates else shape.outputs_per_cycle
    tree, added = tree_bits(shape.product_width, shape.inputs_per_cycle)
    if constant:
        tree *= shape.weights.terms / (shape.inputs_per_cycle * shape.outputs_per_cycle)
    added_up = not alike and not tables
    # With four weights in turn, many bits of one are the same or a constant.
    few_rows = shape.rows <= _FEW_ROWS
    # The selection of an input from the replay buffer goes into a product that is its only user.
    late = shape.passes > 1 and shape.outputs_per_cycle == 1
    return {
        "product_table": shape.lut * tables,
        "product_adder": shape.lut * adder if added_up and not few_rows else 0,
        "product_full_adders": shape.lut * full if added_up and not few_rows else 0,
        "few_rows_adder": shape.lut * adder if added_up and few_rows else 0,
        "few_rows_full_adders": shape.lut * full if added_up and few_rows else 0,
        "late_product": shape.lut * (adder + full) if added_up and late else 0,
        "alike_product": shape.lut * (adder + full) if alike and not constant else 0,
        "constant_product": shape.weights.digits * shape.input_width if constant else 0,
        "accumulator": summed * accumulating,
        "wide_accumulator": shape.lut * wide,
        "tree": neurons * tree,
        "tree_accumulator": neurons * shape.exact,
        "wide_tree_accumulator": neurons * (shape.exact if added >= shape.exact else 0),
        "select": shape.select * shape.exact,
        # LUTs of four inputs form the product before they add it.
        "selected_inputs": shape.select * (shape.input_width + 2),
    }


def _products_of_blocks(shape: DenseShape, family: Family) -> int:
    """Products of DSP blocks that do not sum them."""
    return 0 if family.dsp.accumulator else shape.blocks(family.dsp)


def _drain_luts(shape: DenseShape, family: Family) -> dict[str, float]:
    lanes, groups = shape.lanes, shape.groups_in_pass
    few = groups <= UNREGISTERED_GROUPS
    narrowed = shape.captured > shape.accumulator
    limited = shape.biased > shape.total
    counters = _bits(shape.groups_in_frame)
    if groups < shape.groups_in_frame:
        counters += _bits(groups)
    further = max(shape.groups_in_frame - _BIAS_LUT_GROUPS, 0)
    return {
        "counter_bits": counters,
        "few_selected": lanes * shape.seen * (groups > 1) if few else 0,
        "selected": 0 if few else lanes * shape.seen * family.multiplexer_luts(groups),
        "bias_columns": shape.bias_columns,
        "bias_bits": shape.bias_columns * further,
        "narrowed": lanes * shape.accumulator * narrowed,
        "checked": lanes * (max(shape.captured - shape.accumulator, 0)
                            + max(shape.biased - shape.total, 0)),
        "biased": lanes * shape.biased,
        "limited": lanes * shape.total * limited,
        "lane": lanes,
        "activation_table": lanes * shape.activation.table,
        "activation_lines": lanes * shape.activation.lines,
        "activation_adder": lanes * shape.activation.adder,
        "activation_limited": lanes * shape.activation.limited,
    }


def registers_of(shape: DenseShape | PackerShape, family: Family) -> dict[str, float]:
    """Counts of what takes flip-flops outside of DSP blocks and block RAMs."""
    if isinstance(shape, PackerShape):
        return {
            "packer": 1,
            "counters": _bits(shape.count) + _bits(shape.lanes),
            "packed": shape.width * shape.lanes,
        }
    weight = shape.weights.bits if shape.rows > 1 else 0
    accumulated = shape.exact if shape.accumulates else 0
    tree = 0
    if not shape.accumulates:
        tree = tree_bits(shape.product_width, shape.inputs_per_cycle)[0] + shape.exact
    registered = shape.groups_in_pass > UNREGISTERED_GROUPS
    in_luts = shape.rows > 1 and not shape.weights_in_block_ram(family.memory)
    buffer = (shape.beats, shape.replay_width)
    replayed = 1 if family.memory.ram_blocks(*buffer) else 2
    blocks = _products_of_blocks(shape, family)
    return {
        "layer": 1,
        "counters": _bits(shape.beats) + _bits(shape.rows) + _bits(shape.groups_in_frame),
        "units": shape.lut * (weight + shape.product_width + accumulated)
        + blocks * (weight + accumulated),
        "select": shape.select * (weight + shape.exact),
        "tree": shape.outputs_per_cycle * tree,
        "captured": shape.double_buffered * shape.outputs_per_cycle * shape.seen,
        "rom": in_luts * shape.weights.columns,
        "selected": registered * shape.lanes * (shape.seen + shape.bias),
        "replay": replayed * shape.replay_width,
        "replay_bits_held": family.memory.ram_bits(*buffer),
        "activation": shape.lanes * shape.activation.registers,
    }


def table_luts(
    input_width: int, weight_width: int, family: Family, weight_bits: float | None = None
) -> float:
    """LUTs of a product as truth tables, those of ``hdl.parts.table_product``; 0 if it is none.

    With ``weight_bits`` in its values, of the ``weight_width`` of its format.
    """
    if input_width + weight_width > family.table_inputs:
        return 0
    bits = weight_width if weight_bits is None else weight_bits
    if input_width == 1:
        return bits
    if bits <= 1:
        return bits * input_width
    inputs = family.memory.lut_inputs
    if inputs < 6:
        # Bit n of a product depends on as many of the lowest bits of both.
        low = range(1, input_width + math.ceil(bits) + 1)
        seen = (min(n, input_width) + min(n, bits) for n in low)
        # Synthesis finds the rows of gates in it.
        most = 2 * min(input_width, bits)
        return sum(min(2 ** max(each - inputs, 0), most) for each in seen)
    # A bit of seven inputs is two LUTs; all but the lowest and the highest have so many.
    seven = max(input_width + bits - inputs, 0)
    return input_width + bits + seven * (2.5 if min(input_width, bits) > 2 else 1.5)


def product_bits(input_width: int, weight_width: float) -> tuple[float, float]:
    """Bits of the carry-propagating adder and of the full adders before it, in a product.

    Yosys makes one sum of all additions of gated weights: full adders reduce them to two.
    """
    if input_width == 1 or weight_width <= 1:
        # Gates alone, which a register's reset may be, or a negation.
        return (1 if input_width == 1 else input_width + 1), 0
    gates = weight_width if input_width == 2 else 0
    # Trees of many inputs are deep, and sums grow in them.
    full = (input_width - 2) * weight_width + 0.4 * max(input_width - 4, 0) ** 2
    return weight_width + input_width + gates, full


def tree_bits(width: int, terms: int) -> tuple[int, int]:
    """Adder bits of a registered tree of additions, and the bits of its result."""
    total = 0
    while terms > 1:
        total += terms // 2 * width
        terms = -(-terms // 2)
        width += 1
    return total, width


def _bits(count: int) -> int:
    """Bits of a counter of ``count`` values."""
    return (count - 1).bit_length()
