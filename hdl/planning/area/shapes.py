"""Shapes: all of a layer or a packer that decides its area."""

from dataclasses import dataclass
from typing import NamedTuple

from build_decoder.hdl.planning.area.weights import BiasCounts, WeightCounts
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.memories import MemoryRules
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat

__all__ = ["ActivationShape", "DenseFormats", "DenseShape", "PackerShape", "dense_shape"]


@dataclass(frozen=True)
class ActivationShape:
    """What decides the area of an activation unit.

    Parameters
    ----------
    table, lines
        Size of a table or of a piecewise-linear form (:mod:`quant.pwl.size`), zero of any other.
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


@dataclass(frozen=True)
class DenseShape:
    """What decides the area of a dense layer.

    Parameters
    ----------
    units
        Of the layer.
    inputs_per_cycle, outputs_per_cycle
        Its folding; no more outputs than units.
    lanes, double_buffered
        See ``hdl.layers.dense.plan.DensePlan``.
    input_width, input_signed, weight_width, weight_signed
        Operands of the products.
    exact, captured, accumulator, biased, total, output
        Bits of the exact sum, of the captured one, of the accumulator node, of the sum before it is
        narrowed, of the sum node and of the output.
    bias
        Bits of a stored bias.
    weights
        Counts of the weights.
    bias_columns
        Different columns of the biases' tables of all lanes that are not constant.
    activation
        The activation unit.
    packed, dsp, lut, select
        Units by kind.
    """

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
    weights: WeightCounts
    bias_columns: int
    activation: ActivationShape
    packed: int = 0
    dsp: int = 0
    lut: int = 0
    select: int = 0

    @property
    def beats(self) -> int:
        """Transfers of a frame in."""
        return -(-self.weights.inputs // self.inputs_per_cycle)

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

    def weights_in_block_ram(self, memory: MemoryRules) -> bool:
        """Whether the weight memory is block RAM."""
        return self.rows > 1 and memory.fits_block_ram(self.rows, self.weights.columns)

    @property
    def replay_width(self) -> int:
        """Bits of a word of the replay buffer, 0 without one."""
        return self.inputs_per_cycle * self.input_width if self.passes > 1 else 0

    @property
    def seen(self) -> int:
        """Bits of a captured sum that matter: of one that saturates to one bit, its sign."""
        return 1 if self.accumulator == 1 else self.captured

    def blocks(self, block: DspBlock) -> int:
        """DSP blocks; units that are a block make products with constant weights of additions."""
        return 0 if self.rows == 1 and block.accumulator else self.packed + self.dsp

    def bram(self, memory: MemoryRules) -> float:
        """Block RAMs, parts counted as such."""
        least = memory.ram_blocks(self.beats, self.replay_width)
        if self.weights_in_block_ram(memory):
            least += memory.block_rams(self.rows, self.weights.columns)
        return least / memory.blocks


class DenseFormats(NamedTuple):
    """Formats in a dense layer, called as those of :class:`quant.layers.dense.Dense` are."""

    input: QFormat
    weight: QFormat
    exact: QFormat
    accumulator: QFormat
    biased: QFormat
    sum: QFormat
    output: QFormat


def dense_shape(
    formats: DenseFormats | Dense,
    folding: Folding,
    multipliers: Multipliers,
    *,
    lanes: int,
    double_buffered: bool,
    weights: WeightCounts,
    biases: BiasCounts,
    activation: ActivationShape,
) -> DenseShape:
    """The shape of a layer that is folded and made so."""
    return DenseShape(
        units=biases.units,
        inputs_per_cycle=folding.inputs_per_cycle,
        outputs_per_cycle=min(folding.outputs_per_cycle, biases.units),
        lanes=lanes,
        double_buffered=double_buffered,
        input_width=formats.input.width,
        input_signed=formats.input.signed,
        weight_width=formats.weight.width,
        weight_signed=formats.weight.signed,
        exact=formats.exact.width,
        captured=max(formats.exact.integer + formats.accumulator.fraction, 1),
        accumulator=formats.accumulator.width,
        bias=biases.width,
        biased=formats.biased.width,
        total=formats.sum.width,
        output=formats.output.width,
        weights=weights,
        bias_columns=biases.columns,
        activation=activation,
        packed=multipliers.packed,
        dsp=multipliers.dsp,
        lut=multipliers.lut,
        select=multipliers.select,
    )
