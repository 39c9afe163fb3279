"""Area of a decoder on a 7-series FPGA, by a model that is fitted to synthesis runs.

What decides the area of a layer is counted first, in units with a physical meaning: bits of adders,
inputs of multiplexers, bits of tables, bits of counters. What a unit of each takes is fitted, by
``python -m bench.area_model fit``, and stored in ``area_coefficients.json`` beside this file with
the errors that the fit leaves. DSP blocks and block RAMs follow from rules, and are exact.

There is one model: searches for formats, the choice of multipliers and the choice of foldings all
ask it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from quant.activations import IntegerActivation
from quant.activations.linear import Linear
from quant.activations.piecewise_linear import PiecewiseLinear
from quant.activations.relu import Relu
from quant.activations.table import Table
from quant.pwl.lut_estimate import estimate_table_luts
from quant.qformat import QFormat

__all__ = [
    "BRAM36_LUTS",
    "COEFFICIENTS_FILE",
    "DSP_LUTS",
    "ActivationShape",
    "Area",
    "BiasCounts",
    "DenseShape",
    "PackerShape",
    "WeightCounts",
    "activation_shape",
    "area_of",
    "block_rams",
    "coefficients",
    "dense_shape",
    "fits_block_ram",
    "in_block_ram",
    "product_luts",
    "select_luts",
    "weight_rows",
]

DSP_LUTS = 50
"""LUTs that a DSP block is worth."""

BRAM36_LUTS = 100
"""LUTs that a block RAM of 36 Kbit is worth."""

COEFFICIENTS_FILE = Path(__file__).with_name("area_coefficients.json")
"""What the model is fitted to."""

_BITS_PER_LUT = 64
_UNREGISTERED_GROUPS = 4
_BLOCK_SHAPES = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
"""(width, depth) of a block RAM of 18 Kbit."""


@dataclass(frozen=True)
class Area:
    """Resources of a design or of a part of it; estimated LUTs and flip-flops are not whole."""

    lut: float = 0.0
    ff: float = 0.0
    dsp: int = 0
    bram36: float = 0.0

    @property
    def cost(self) -> float:
        """All in LUTs, flip-flops for nothing."""
        return self.lut + DSP_LUTS * self.dsp + BRAM36_LUTS * self.bram36

    def __add__(self, other: "Area") -> "Area":
        return Area(
            self.lut + other.lut,
            self.ff + other.ff,
            self.dsp + other.dsp,
            self.bram36 + other.bram36,
        )


@dataclass(frozen=True)
class ActivationShape:
    """What decides the area of an activation unit.

    Parameters
    ----------
    table, lines
        Estimated LUTs of a table or of a piecewise-linear form, zero of any other.
    adder, limited
        Bits of the adder that rounds, and of the saturation after it, of an exact form.
    registers
        Flip-flops.
    """

    table: int = 0
    lines: int = 0
    adder: int = 0
    limited: int = 0
    registers: int = 0


@dataclass(frozen=True)
class PackerShape:
    """What decides the area of a packer: ``count`` values of ``width`` bits, ``lanes`` at once."""

    width: int
    lanes: int
    count: int

    @property
    def features(self) -> dict[str, float]:
        """Counts of what takes LUTs."""
        return {
            "packer": 1,
            "packer_bits": _bits(self.count) + _bits(self.lanes),
            "packer_lanes": self.lanes,
        }

    @property
    def registers(self) -> dict[str, float]:
        """Counts of what takes flip-flops."""
        return {
            "packer": 1,
            "counters": _bits(self.count) + _bits(self.lanes),
            "packed": self.width * self.lanes,
        }


@dataclass(frozen=True)
class DenseShape:
    """What decides the area of a dense layer.

    Parameters
    ----------
    inputs, units
        Of the layer.
    inputs_per_cycle, outputs_per_cycle
        Its folding; no more outputs than units.
    lanes, double_buffered
        See ``hdl.plan.DensePlan``.
    input_width, input_signed, weight_width, weight_signed
        Operands of the products.
    exact, captured, accumulator, biased, total, output
        Bits of the exact sum, of the captured one, of the accumulator node, of the sum before it is
        narrowed, of the sum node and of the output.
    bias
        Bits of a stored bias.
    weight_bits, weight_columns, rom_columns, rom_rarer, weight_terms, weight_digits
        See :class:`WeightCounts`: bits, varying, distinct, rarer, terms and digits.
    bias_columns
        Different columns of the biases' tables of all lanes that are not constant.
    activation
        The activation unit.
    packed, dsp, lut, select
        Units by kind.
    """

    inputs: int
    units: int
    inputs_per_cycle: int
    outputs_per_cycle: int
    lanes: int
    double_buffered: bool
    input_width: int
    input_signed: bool
    weight_width: int
    weight_signed: bool
    exact: int
    captured: int
    accumulator: int
    bias: int
    biased: int
    total: int
    output: int
    weight_bits: float
    weight_columns: int
    rom_columns: int
    rom_rarer: int
    weight_terms: int
    weight_digits: int
    bias_columns: int
    activation: ActivationShape
    packed: int = 0
    dsp: int = 0
    lut: int = 0
    select: int = 0

    @property
    def beats(self) -> int:
        """Transfers of a frame in."""
        return -(-self.inputs // self.inputs_per_cycle)

    @property
    def passes(self) -> int:
        """Passes over a frame."""
        return -(-self.units // self.outputs_per_cycle)

    @property
    def rows(self) -> int:
        """Rows of the weight memory."""
        return self.beats * self.passes

    @property
    def groups_in_pass(self) -> int:
        """Transfers out of a full pass."""
        return -(-self.outputs_per_cycle // self.lanes)

    @property
    def groups_in_frame(self) -> int:
        """Transfers of a frame out."""
        return -(-self.units // self.lanes)

    @property
    def accumulates(self) -> bool:
        """Whether each unit sums its products."""
        return self.inputs_per_cycle == 1

    @property
    def product_width(self) -> int:
        """Bits of a product."""
        neither = not self.input_signed and not self.weight_signed
        return self.input_width + self.weight_width + neither

    @property
    def weights_in_block_ram(self) -> bool:
        """Whether the weight memory is block RAM."""
        width = self.inputs_per_cycle * self.outputs_per_cycle * self.weight_width
        return self.rows > 1 and in_block_ram(self.rows, width, self.weight_columns)

    @property
    def replay_width(self) -> int:
        """Bits of a word of the replay buffer, 0 without one."""
        return self.inputs_per_cycle * self.input_width if self.passes > 1 else 0

    @property
    def features(self) -> dict[str, float]:
        """Counts of what takes LUTs; the fitted coefficients are LUTs a count."""
        return {
            **self._control_features,
            **self._memory_features,
            **self._product_features,
            **self._drain_features,
        }

    @property
    def _control_features(self) -> dict[str, float]:
        replays = self.passes > 1
        return {
            "layer": 1,
            "beat_bits": _bits(self.beats),
            "row_bits": _bits(self.rows),
            "replay": replays,
            "replay_bits": replays * (_bits(self.beats) + _bits(self.passes)),
            "replay_forwarded": self.replay_width,
            "replay_ram": _lut_ram(self.beats, self.replay_width),
        }

    @property
    def _memory_features(self) -> dict[str, float]:
        shallow, deep = self.rows > _ONE_LUT_ROWS, self.rows > _BITS_PER_LUT
        return {
            "rom_columns": self.rom_columns,
            "rom_rarer": self.rom_rarer if shallow and not deep else 0,
            "deep_rom_rarer": self.rom_rarer if deep else 0,
            "block_ram_mux": self._selected_block_rams,
        }

    @property
    def _selected_block_rams(self) -> int:
        """LUTs that select among block RAMs that are one memory behind each other."""
        if not self.weights_in_block_ram:
            return 0
        _, deep = _block_shape(self.rows, self.weight_columns)
        return -(-(-(-self.rows // deep) - 1) // 3) * self.weight_columns

    @property
    def _product_features(self) -> dict[str, float]:
        constant = self.rows == 1
        # Of two rows, a bit of a weight is a constant or the address, in one sense or the other.
        alike = self.rows <= 2
        adder, full = _product_bits(self.input_width, self.weight_bits)
        accumulating = self.exact if self.accumulates else 0
        # Yosys has an adder's wider operand enter the carry chain directly. Where that is the sum,
        # which is selected, the selection shares the adder's LUTs.
        wide = accumulating if self.product_width >= self.exact else 0
        neurons = 0 if self.accumulates else self.outputs_per_cycle
        tree, added = _tree_bits(self.product_width, self.inputs_per_cycle)
        if constant:
            tree *= self.weight_terms / (self.inputs_per_cycle * self.outputs_per_cycle)
        return {
            "product_adder": 0 if alike else self.lut * adder,
            "product_full_adders": 0 if alike else self.lut * full,
            "alike_product": self.lut * (adder + full) if alike and not constant else 0,
            "constant_product": self.weight_digits * self.input_width if constant else 0,
            "accumulator": self.lut * accumulating,
            "wide_accumulator": self.lut * wide,
            "tree": neurons * tree,
            "tree_accumulator": neurons * self.exact,
            "wide_tree_accumulator": neurons * (self.exact if added >= self.exact else 0),
            "select": self.select * self.exact,
        }

    @property
    def _drain_features(self) -> dict[str, float]:
        lanes, groups = self.lanes, self.groups_in_pass
        few, even = groups <= _UNREGISTERED_GROUPS, not groups & (groups - 1)
        narrowed = self.captured > self.accumulator
        limited = self.biased > self.total
        counters = _bits(self.groups_in_frame)
        if groups < self.groups_in_frame:
            counters += _bits(groups)
        further = max(self.groups_in_frame - _ONE_LUT_ROWS, 0)
        return {
            "counter_bits": counters,
            "few_selected": lanes * self.seen * (groups > 1) if few else 0,
            "selected": 0 if few or even else lanes * self.seen * groups,
            "evenly_selected": lanes * self.seen * groups if even and not few else 0,
            "bias_columns": self.bias_columns,
            "bias_bits": self.bias_columns * further,
            "narrowed": lanes * self.accumulator * narrowed,
            "checked": lanes * (max(self.captured - self.accumulator, 0)
                                + max(self.biased - self.total, 0)),
            "biased": lanes * self.biased,
            "limited": lanes * self.total * limited,
            "lane": lanes,
            "activation_table": lanes * self.activation.table,
            "activation_lines": lanes * self.activation.lines,
            "activation_adder": lanes * self.activation.adder,
            "activation_limited": lanes * self.activation.limited,
        }

    @property
    def seen(self) -> int:
        """Bits of a captured sum that matter: of one that saturates to one bit, its sign."""
        return 1 if self.accumulator == 1 else self.captured

    @property
    def registers(self) -> dict[str, float]:
        """Counts of what takes flip-flops outside of DSP blocks and block RAMs."""
        weight = self.weight_width if self.rows > 1 else 0
        accumulated = self.exact if self.accumulates else 0
        tree = 0
        if not self.accumulates:
            tree = _tree_bits(self.product_width, self.inputs_per_cycle)[0] + self.exact
        registered = self.groups_in_pass > _UNREGISTERED_GROUPS
        in_luts = self.rows > 1 and not self.weights_in_block_ram
        replayed = 2 if _lut_ram(self.beats, self.replay_width) else 1
        return {
            "layer": 1,
            "counters": _bits(self.beats) + _bits(self.rows) + _bits(self.groups_in_frame),
            "units": self.lut * (weight + self.product_width + accumulated),
            "select": self.select * self.exact,
            "tree": self.outputs_per_cycle * tree,
            "captured": self.double_buffered * self.outputs_per_cycle * self.seen,
            "rom": in_luts * self.rom_columns,
            "selected": registered * self.lanes * (self.seen + self.bias),
            "replay": replayed * self.replay_width,
            "activation": self.lanes * self.activation.registers,
        }

    @property
    def blocks(self) -> int:
        """DSP blocks; products with constant weights are additions."""
        return self.packed + self.dsp if self.rows > 1 else 0

    @property
    def bram36(self) -> float:
        """Block RAMs of 36 Kbit, halves counted as such."""
        total = 0.0
        if self.weights_in_block_ram:
            total += block_rams(self.rows, self.weight_columns) / 2
        if self.replay_width and not _lut_ram(self.beats, self.replay_width):
            total += block_rams(self.beats, self.replay_width) / 2
        return total


_ONE_LUT_ROWS = 32


def fits_block_ram(rows: int, width: int) -> bool:
    """Whether a ROM is cheaper in block RAM than in LUTs, by the 7 series' sizes of both.

    Synthesis left to itself keeps wide and shallow memories out of block RAM, which fills its
    blocks badly, at any price in LUTs.
    """
    blocks = -(-width // 36) * -(-rows // 512)
    return 2 * rows * width > _BITS_PER_LUT * BRAM36_LUTS * blocks


def in_block_ram(rows: int, width: int, columns: int) -> bool:
    """Whether a ROM of which so many ``columns`` vary becomes block RAM.

    That is where it is told to be, by :func:`fits_block_ram`, or where Yosys likes it best, which
    weighs 64 bits against a block's 129.
    """
    if not columns:
        return False
    liked = rows * columns > _BITS_PER_LUT * 129 * block_rams(rows, columns)
    return liked or fits_block_ram(rows, width)


def block_rams(rows: int, width: int) -> int:
    """Block RAMs of 18 Kbit that Yosys takes for a memory with one port that reads."""
    wide, deep = _block_shape(rows, width)
    return -(-width // wide) * -(-rows // deep)


def _block_shape(rows: int, width: int) -> tuple[int, int]:
    """(width, depth) of the block RAMs of a memory: those of which it takes fewest."""
    # The deeper of equals: less to select among.
    return min(
        reversed(_BLOCK_SHAPES), key=lambda shape: -(-width // shape[0]) * -(-rows // shape[1])
    )


def area_of(shape: DenseShape | PackerShape) -> Area:
    """Estimated area of a layer or a packer."""
    lut, ff = coefficients()
    luts = sum(lut[name] * count for name, count in shape.features.items())
    ffs = sum(ff[name] * count for name, count in shape.registers.items())
    if isinstance(shape, PackerShape):
        return Area(luts, ffs)
    return Area(luts, ffs, shape.blocks, shape.bram36)


def product_luts(
    input: QFormat, weight: QFormat, exact_width: int, *, accumulates: bool
) -> float:
    """LUTs of a product in LUTs, and of its sum where each product has one of its own."""
    lut, _ = coefficients()
    adder, full = _product_bits(input.width, weight.width)
    luts = lut["product_adder"] * adder + lut["product_full_adders"] * full
    return luts + lut["accumulator"] * exact_width if accumulates else luts


def select_luts(exact_width: int) -> float:
    """LUTs of a unit that selects its product in its accumulator's LUTs."""
    lut, _ = coefficients()
    return lut["select"] * exact_width


@lru_cache(1)
def coefficients() -> tuple[Mapping[str, float], Mapping[str, float]]:
    """LUTs and flip-flops of each count, as fitted."""
    stored = json.loads(COEFFICIENTS_FILE.read_text())
    return stored["lut"], stored["ff"]


def _product_bits(input_width: int, weight_width: float) -> tuple[float, float]:
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


def _tree_bits(width: int, terms: int) -> tuple[int, int]:
    """Adder bits of a registered tree of additions, and the bits of its result."""
    total = 0
    while terms > 1:
        total += terms // 2 * width
        terms = -(-terms // 2)
        width += 1
    return total, width


def _lut_ram(rows: int, width: int) -> int:
    """LUTs of a memory with a port that writes and one that reads; 0 if it is block RAM."""
    if not width:
        return 0
    if rows <= 32:
        units = -(-width // 6)
    else:
        units = -(-width // 3) * -(-rows // 64)
    # Yosys weighs 8 for each against 129 for a block, and selecting among them beside.
    return 4 * units if 8 * units < 128 * block_rams(rows, width) else 0


def _bits(count: int) -> int:
    """Bits of a counter of ``count`` values."""
    return (count - 1).bit_length()


def dense_shape(
    *,
    folding: tuple[int, int],
    lanes: int,
    double_buffered: bool,
    input: QFormat,
    weight: QFormat,
    exact: QFormat,
    accumulator: QFormat,
    biased: QFormat,
    total: QFormat,
    output: QFormat,
    weights: "WeightCounts",
    biases: "BiasCounts",
    activation: ActivationShape,
    packed: int = 0,
    dsp: int = 0,
    lut: int = 0,
    select: int = 0,
) -> DenseShape:
    """The shape of a layer; names are those of :class:`quant.dense.Dense`."""
    inputs_per_cycle, outputs_per_cycle = folding
    return DenseShape(
        inputs=weights.inputs,
        units=biases.units,
        inputs_per_cycle=inputs_per_cycle,
        outputs_per_cycle=min(outputs_per_cycle, biases.units),
        lanes=lanes,
        double_buffered=double_buffered,
        input_width=input.width,
        input_signed=input.signed,
        weight_width=weight.width,
        weight_signed=weight.signed,
        exact=exact.width,
        captured=max(exact.integer + accumulator.fraction, 1),
        accumulator=accumulator.width,
        bias=biases.width,
        biased=biased.width,
        total=total.width,
        output=output.width,
        weight_bits=weights.bits,
        weight_columns=weights.varying,
        rom_columns=weights.distinct,
        rom_rarer=weights.rarer,
        weight_terms=weights.terms,
        weight_digits=weights.digits,
        bias_columns=biases.columns,
        activation=activation,
        packed=packed,
        dsp=dsp,
        lut=lut,
        select=select,
    )


@dataclass(frozen=True)
class WeightCounts:
    """What of a layer's weights decides its area.

    Parameters
    ----------
    inputs
        Of the layer.
    bits
        Of a weight, as synthesis sees it: in LUTs, a place in the memory where all weights are
        small has fewer.
    varying
        Columns of the weight memory that are not constant.
    distinct
        Different ones of these, as a table in LUTs has them; 0 in block RAM.
    rarer
        The rarer of zeros and ones in each of the latter, in all.
    terms, digits
        Weights of a single row, which are constant, that are not zero, and bits that are set in
        their magnitudes.
    """

    inputs: int
    bits: float
    varying: int = 0
    distinct: int = 0
    rarer: int = 0
    terms: int = 0
    digits: int = 0

    @classmethod
    def of(cls, weights: np.ndarray, width: int, folding: tuple[int, int]) -> "WeightCounts":
        """Counts of raw ``weights``, int64 (inputs, units), of ``width`` bits."""
        rows = weight_rows(weights, *folding)
        count = len(rows)
        rows = rows.reshape(count, -1)
        if count == 1:
            magnitudes = np.abs(rows)
            return cls(
                len(weights),
                width,
                terms=int(np.count_nonzero(magnitudes)),
                digits=int(np.bitwise_count(magnitudes).sum()),
            )
        varying = _varying_columns(rows, width)
        if in_block_ram(count, rows.shape[1] * width, varying):
            return cls(len(weights), width, varying)
        columns = _columns(rows, width)
        ones = columns.sum(axis=1)
        return cls(
            len(weights),
            _mean_bits(rows),
            varying,
            len(columns),
            int(np.minimum(ones, count - ones).sum()),
        )


def _mean_bits(rows: np.ndarray) -> float:
    """Mean of the bits that each column of weights needs in two's complement."""
    least, most = rows.min(axis=0), rows.max(axis=0)
    magnitude = np.maximum(most, -least - 1)
    # Of 0 there are none, and of a column of zeros there is nothing at all.
    needed = np.frexp(magnitude.astype(np.float64))[1] + (least < 0)
    return round(float(needed.mean()), 3)


@dataclass(frozen=True)
class BiasCounts:
    """What of a layer's stored biases decides its area.

    Parameters
    ----------
    units
        Of the layer.
    width
        Bits of a stored bias.
    columns
        Different columns of the tables of all lanes that are not constant.
    """

    units: int
    width: int
    columns: int

    @classmethod
    def of(cls, stored: np.ndarray, lanes: int) -> "BiasCounts":
        """Counts of raw ``stored`` biases, int64 (units,), read ``lanes`` at a time."""
        low, high = min(int(stored.min()), 0), max(int(stored.max()), 0)
        width = QFormat.for_raw_range(low, high, fraction=0, signed=low < 0).width
        groups = -(-len(stored) // lanes)
        padded = np.zeros(groups * lanes, dtype=np.int64)
        padded[: len(stored)] = stored
        tables = padded.reshape(groups, lanes)
        columns = sum(len(_columns(table[:, None], width)) for table in tables.T)
        return cls(len(stored), width, columns)


def _columns(rows: np.ndarray, width: int) -> np.ndarray:
    """Different columns, none of them constant, of words of ``width`` bits: bool (columns, rows).

    A column and its inverse are one: what reads it inverts for nothing.
    """
    bits = (rows[:, :, None] >> np.arange(width) & 1).astype(bool).reshape(len(rows), -1).T
    bits = bits ^ bits[:, :1]
    bits = bits[bits.any(axis=1)]
    if not len(bits):
        return bits
    _, first = np.unique(np.packbits(bits, axis=1), axis=0, return_index=True)
    return bits[first]


def weight_rows(weights: np.ndarray, inputs_per_cycle: int, outputs_per_cycle: int) -> np.ndarray:
    """Raw weights (rows, inputs_per_cycle, neurons), a row a beat, pass after pass.

    ``weights`` is (inputs, units); what fills the last beat and the last pass is zero.
    """
    inputs, units = weights.shape
    neurons = min(outputs_per_cycle, units)
    beats, passes = -(-inputs // inputs_per_cycle), -(-units // neurons)
    padded = np.zeros((beats * inputs_per_cycle, passes * neurons), dtype=np.int64)
    padded[:inputs, :units] = weights
    rows = padded.reshape(beats, inputs_per_cycle, passes, neurons)
    return rows.transpose(2, 0, 1, 3).reshape(-1, inputs_per_cycle, neurons)


def activation_shape(activation: IntegerActivation) -> ActivationShape:
    """The shape of an activation unit.

    Raises
    ------
    TypeError
        If no counts are known of its kind.
    """
    into, out = activation.input, activation.output
    if isinstance(activation, Table):
        entries = np.array(activation.entries)
        luts = estimate_table_luts(entries, out.width)
        return ActivationShape(table=luts, registers=into.width + out.width)
    if isinstance(activation, PiecewiseLinear):
        found = _bits(activation.segments) + activation.offset_bits + 1
        return ActivationShape(lines=activation.estimated_luts, registers=found + out.width)
    if isinstance(activation, Linear | Relu):
        dropped = activation.narrowing.dropped_bits
        rounded = into.width - dropped if dropped > 0 else 0
        fits = into.integer + (rounded > 0) <= out.integer and (out.signed or not into.signed)
        return ActivationShape(
            adder=max(rounded, 0),
            limited=0 if fits else out.width,
            registers=into.width + out.width,
        )
    raise TypeError(f"expected an activation whose area is known, got {type(activation).__name__}")


def _varying_columns(rows: np.ndarray, width: int) -> int:
    """Bits, of ``width`` of each word in ``rows`` (rows, ...), that are not the same in all."""
    differing = np.bitwise_or.reduce(rows ^ rows[0], axis=0)
    return int(np.bitwise_count(differing & ((1 << width) - 1)).sum())
