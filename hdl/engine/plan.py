"""Plan of a column engine: the layers that it serves, its multipliers, and its times."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.hdl.engine.layers import EngineNetwork
from build_decoder.hdl.engine.program import Program
from build_decoder.hdl.engine.steps import Load
from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.fits import fits_block
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat

__all__ = ["DRAIN_STAGES", "EnginePlan", "EngineProducts"]

DRAIN_STAGES = 3
"""Cycles from a captured sum to what is written: constant, shift, limit."""

_BEGIN = 1
"""Cycles in which a step's registers are set."""

_FETCH = 2
"""Cycles in which the next step is read: from the memory, and into a register."""


@dataclass(frozen=True)
class _Formats:
    input: QFormat
    weight: QFormat
    rounding_constant: int = 0


@dataclass(frozen=True, eq=False)
class EngineProducts:
    """What units multiply, as :class:`hdl.parts.mac_unit.MacUnit` takes it.

    Parameters
    ----------
    parameters
        Formats of both operands.
    unit_width
        Bits of a product, or of the sum of a chain of them, proven from the weights of each layer
        and from its inputs' format.
    neurons
        Filters at a time.
    weight_rows
        Raw int64 (rows, taps, filters).
    """

    parameters: _Formats
    unit_width: int
    neurons: int
    weight_rows: np.ndarray
    units_accumulate = False
    constant_weights = False
    reloadable = False
    pipelined_products = False


@dataclass(frozen=True, eq=False)
class EnginePlan(Plan):
    """Plan of a column engine.

    Parameters
    ----------
    model
        What it computes, whole.
    filters, taps
        Products a cycle: of so many filters, with so many neighbouring values of a column.
    packed
        Whether two filters share a DSP block.
    lanes
        Outputs that are narrowed and written in a cycle; a power of two that divides ``filters``
        and, of each layer but the last, the filters.
    blocks
        Most DSP blocks; products beyond them are made in LUTs. None: all in blocks.
    chained
        Whether blocks add products, one behind the other, in place of trees in LUTs. All products
        are made in blocks then.
    early
        Columns of inputs that are added to sums as they come, as
        :class:`hdl.engine.program.Program` has it.

    Raises
    ------
    ValueError
        If an engine cannot run the model, or there are no such multipliers.
    """

    name = "engine"

    model: IntegerModel
    filters: int
    taps: int
    packed: bool = False
    lanes: int = 1
    blocks: int | None = None
    chained: bool = False
    early: int = 0

    def __post_init__(self):
        if self.chained and self.multipliers.lut:
            raise ValueError(
                f"expected blocks for all products of a chain, got {self.blocks}"
            )
        if min(self.filters, self.taps) < 1:
            raise ValueError(
                f"expected at least 1 filter and 1 tap at a time, got {self.filters} and "
                f"{self.taps}"
            )
        if self.lanes < 1 or self.lanes & (self.lanes - 1) or self.filters % self.lanes:
            raise ValueError(
                f"expected lanes that are a power of two and divide {self.filters} filters, got "
                f"{self.lanes}"
            )
        (inputs,) = self.inputs
        if not 0 <= self.early <= inputs.steps:
            raise ValueError(
                f"expected at most {inputs.steps} columns that are added as they come, got "
                f"{self.early}"
            )
        _ = self.program

    @cached_property
    def network(self) -> EngineNetwork:
        """The network as an engine sees it."""
        return EngineNetwork(self.model)

    @cached_property
    def program(self) -> Program:
        """What it does in a frame."""
        return Program(self.network, self.filters, self.taps, self.lanes, self.early)

    @property
    def serves(self) -> tuple[str, ...]:
        """Names of the nodes that it stands for."""
        return tuple(node.name for node in self.network.nodes)

    @property
    def multipliers(self) -> Multipliers:
        """What makes its products."""
        products = self.filters * self.taps
        most = products if self.blocks is None else self.blocks
        pairs = min(self.filters // 2 * self.taps, most) if self.packed else 0
        single = min(products - 2 * pairs, most - pairs)
        return Multipliers(packed=pairs, dsp=single, lut=products - 2 * pairs - single)

    @property
    def leaving_values(self) -> int:
        """Places for what leaves after a step, in whole transfers of ``lanes``."""
        last = self.network.layers[-1]
        return last.positions * self.program.lines(last) * self.lanes

    @property
    def value_format(self) -> QFormat:
        """Format that holds the raw values of all tensors, as integers."""
        formats = [tensor.format for tensor in self.network.tensors]
        signed = any(format.signed for format in formats)
        return QFormat(max(f.width + (signed and not f.signed) for f in formats), 0, signed)

    @cached_property
    def products(self) -> EngineProducts:
        """What is multiplied."""
        rows, ends = self.program.weight_rows, [0]
        for layer in self.network.layers:
            for x in (layer.source.format.min_raw, layer.source.format.max_raw):
                ends += [x * int(layer.weights.min()), x * int(layer.weights.max())]
        most = max(*(abs(int(end)).bit_length() for end in (rows.min() + 1, rows.max())), 1)
        least = int(rows.min())
        width = max(most, (-least - 1).bit_length() if least < 0 else 0) + 1
        formats = _Formats(self.value_format, QFormat(width, 0))
        unit_width = _signed_width(ends) + (self.levels if self.chained else 0)
        return EngineProducts(formats, unit_width, self.filters, rows)

    def packs(self, block: DspBlock) -> bool:
        """Whether two filters may share a ``block``."""
        return fits_block(self.products, Multiplier.PACKED, block)

    def in_blocks(self, block: DspBlock) -> bool:
        """Whether a product of one filter fits a ``block``."""
        return fits_block(self.products, Multiplier.DSP, block)

    @cached_property
    def sum_width(self) -> int:
        """Bits of the widest running sum of any layer."""
        ends = [0]
        for layer in self.network.layers:
            products = next(
                node.layer.products for node in self.model.nodes if node.name == layer.name
            )
            ends += [products.low, products.high + layer.narrowing.start]
        return _signed_width(ends)

    @property
    def weight_memories(self) -> int:
        """Memories of weights: each block of a chain has its own a cycle later than the one before
        it."""
        return self.taps if self.chained else 1

    @property
    def levels(self) -> int:
        """Levels of the adder tree over the taps."""
        return (self.taps - 1).bit_length()

    @property
    def sum_latency(self) -> int:
        """Cycles from an address to the sum that has its products: memory, selection, product, the
        levels of the tree or the blocks of the chain, the sum."""
        return 4 + (self.taps if self.chained else self.levels)

    @property
    def drain_cycles(self) -> int:
        """Cycles from the last address of a pass to the last value that is written of it."""
        return self.sum_latency + self.filters // self.lanes + DRAIN_STAGES

    @cached_property
    def unheld_cycles(self) -> int:
        """Cycles of a frame, if inputs are there and outputs are taken."""
        program = self.program
        loads = len(self.network.inputs) * self.inputs[0].step_beats
        return sum(
            _FETCH + _BEGIN
            + (
                loads if isinstance(step, Load)
                else program.run_cycles(step) + self.drain_cycles
            )
            for step in program.steps
        )

    def latency_at_pace(self, interval: int) -> int:
        """Cycles from the first value of a frame's last column to the last output, where columns
        come evenly, a frame each ``interval`` cycles, and none of them before the one ahead of it
        is taken; what :func:`hdl.planning.pace.latency_at_pace` gives of the engine by itself, and
        much quicker."""
        program, steps = self.program, self.inputs[0].steps
        loads = len(self.network.inputs) * self.inputs[0].step_beats
        last = (steps - 1) * (interval // steps)
        now = most = 0
        # The longest is as long from the second frame on, which begins when the first one has let
        # it.
        for frame in range(2):
            for step in program.steps:
                if isinstance(step, Load):
                    due = frame * interval + step.column * (interval // steps)
                    now = max(now + _BEGIN, due) + loads
                else:
                    now += _BEGIN + program.run_cycles(step) + self.drain_cycles
                    if step.layer.target is None and not step.keeps:
                        end = now + self.output.step_beats
                now += _FETCH
            most = max(most, end - frame * interval - last)
        return most

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        tensor, _ = self.network.inputs[0]
        return (Tensor(tensor.shape, tensor.format, 1),)

    @property
    def output(self) -> Tensor:
        """Outputs of the last layer, column by column."""
        last = self.network.layers[-1]
        node = next(node for node in self.model.nodes if node.name == last.name)
        shape = (last.columns, last.positions, last.filters)
        if not self.network.behind:
            shape = (self.model.output_count,)
        return Tensor(shape, node.layer.output, 1)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """The steps of the program, and what gives the outputs."""
        free, finished = Slot(1), Slot()
        program = self.program
        orders, values = len(self.network.inputs), self.inputs[0].step_beats
        take = Phase(take=(0,))
        whole, rest = Phase(values, take=(0,)), Phase(orders - 1) if orders > 1 else None
        phases, fetched = [], {}

        def idle(cycles: int) -> Phase:
            return fetched.setdefault(cycles, Phase(cycles))

        for number, step in enumerate(program.steps):
            following = program.steps[(number + 1) % len(program.steps)]
            behind = _FETCH + (_BEGIN if isinstance(following, Load) else 0)
            if isinstance(step, Load):
                phases += [whole] if rest is None else [take, rest] * values
            else:
                cycles = _BEGIN + program.run_cycles(step) + self.drain_cycles
                if step.layer.target is None and not step.keeps:
                    phases.append(
                        Phase(cycles, reserve=((free, 1),), release=((finished, 1),))
                    )
                else:
                    phases.append(idle(cycles))
            phases.append(idle(behind))
        output = self.output
        given = Phase(
            output.step_beats, give=(0,), reserve=((finished, 1),), release=((free, 1),)
        )
        return Actor(tuple(phases)), Actor((given,) * output.steps)


def _signed_width(values: list[int]) -> int:
    """Bits of all ``values`` in two's complement."""
    most, least = max(values), min(values)
    return max(most.bit_length(), (-least - 1).bit_length() if least < 0 else 0) + 1
