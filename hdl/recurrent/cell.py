"""What hardware of all cells has in common: sums come in, unit by unit, and outputs go out."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from amaranth import Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Member, Out

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.memory_port import MemoryPort
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.parts.read_only_table import read_only_table
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.parts.writable_weight_memory import WritableWeightMemory
from build_decoder.hdl.recurrent.plan import RecurrentPlan
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.operations.biased_sum import BiasedSum
from build_decoder.quant.operations.recurrent_sums import RecurrentSums
from build_decoder.quant.operations.span import Span
from build_decoder.quant.requantise import Requantise

__all__ = [
    "CellComponent",
    "Kept",
    "activated",
    "biased",
    "biased_total",
    "bits_of",
    "held",
    "narrowed",
    "placed",
    "product_by_bits",
    "turns",
]


class CellComponent(wiring.Component):
    """Outputs of a step, unit by unit, of its sums.

    A unit's sums come one after the other or, if the plan's ``sums.lanes`` are as many as a unit's,
    at once. Nothing waits: an output comes ``plan.cell_latency - 1`` cycles after the last of its
    sums.

    Members
    -------
    valid, starts : ``In``, 1
    row : ``In``
        As those of the drain.
    of_input, of_state : ``In``, array of ``lanes`` exact sums
    done : ``Out``, 1
    o : ``Out``, an output
    memory : ``In``, port of the memory of biases, if it is reloadable

    Attributes
    ----------
    MORE : Mapping
        Further members; of the class.
    """

    MORE: Mapping[str, Member] = MappingProxyType({})

    def __init__(self, plan: RecurrentPlan):
        self.plan = plan
        exact = Shape(plan.sums.parameters.exact.width, signed=True)
        lanes = data.ArrayLayout(exact, plan.sums.lanes)
        memory = {}
        if plan.reloadable:
            _, biases = plan.memories
            memory = {"memory": In(MemoryPort(biases))}
        super().__init__(
            {
                "valid": In(1),
                "row": In(plan.row_bits),
                "starts": In(1),
                "of_input": In(lanes),
                "of_state": In(lanes),
                "done": Out(1),
                "o": Out(shape_of(plan.layer.output)),
                **memory,
                **self.MORE,
            }
        )

    @property
    def serial(self) -> bool:
        """Whether a unit's sums come one after the other."""
        return self.plan.sums.lanes == 1

    def table(self, values: np.ndarray) -> list[Value]:
        """Of each lane, that of ``values`` (sums of all units in order of the gates) which belongs
        to the row."""
        gates = self.plan.gates
        of_unit = values.reshape(gates, -1).T
        if not self.serial:
            return [read_only_table(lane.tolist(), self.row) for lane in of_unit.T]
        spare = (1 << (gates - 1).bit_length()) - gates
        filled = np.pad(of_unit, ((0, 0), (0, spare)))
        # What fills an array of Python's integers up is one of NumPy's.
        return [read_only_table([int(value) for value in filled.flat], self.row)]

    def written_biases(self, m: Module) -> Sequence[Sequence[Value]]:
        """Of a reloadable layer, all biases of the sum of each lane: those of the sums that come
        with ``valid``. They come in the order in which sums do, again and again."""
        plan, biases = self.plan, self.plan.layer.cell.biases
        m.submodules.biases = memory = WritableWeightMemory(
            shape=shape_of(biases.format),
            layout=(plan.bias_terms, plan.sums.lanes),
            memory=plan.memories[1],
            rows=plan.bias_bits(plan.layer),
        )
        wiring.connect(m, wiring.flipped(self.memory), memory.memory)
        m.d.comb += memory.advance.eq(self.valid)
        row = Signal(memory.weights.shape(), name="bias_row", reset_less=True)
        with m.If(memory.load):
            m.d.sync += row.eq(memory.weights)
        return [[term[lane] for term in row] for lane in range(plan.sums.lanes)]

    def gate(self, m: Module, valid: Value) -> Signal:
        """Number of the sum that comes with ``valid``, among those of its unit."""
        gates = self.plan.gates
        gate = Signal(range(gates))
        with m.If(valid):
            m.d.sync += gate.eq(Mux(gate == gates - 1, 0, gate + 1))
        return gate


class Kept(wiring.Component):
    """What each unit keeps from step to step.

    ``o`` is that of the unit that comes next, until ``take``. Units are written in the same order.
    If ``together``, each is taken and written at once, and the next one there a cycle later.

    Members
    -------
    take, write : ``In``, 1
    data : ``In``, ``shape``
    o : ``Out``, ``shape``
    """

    def __init__(self, shape: Shape, *, units: int, together: bool):
        self.units, self.together = units, together
        super().__init__({"take": In(1), "write": In(1), "data": In(shape), "o": Out(shape)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(shape=self.data.shape(), depth=self.units, init=[])
        write, read = memory.write_port(), memory.read_port()
        unit, next_unit = self._unit(m, self.take, "unit")
        if self.together:
            m.d.comb += [read.addr.eq(unit), write.addr.eq(unit)]
        else:
            written, _ = self._unit(m, self.write, "written")
            m.d.comb += [
                read.addr.eq(Mux(self.take, next_unit, unit)),
                write.addr.eq(written),
            ]
        m.d.comb += [
            write.en.eq(self.write),
            write.data.eq(self.data),
            self.o.eq(read.data),
        ]
        return m

    def _unit(self, m: Module, step: Value, name: str) -> tuple[Signal, Value]:
        """A unit's number, and that of the next one."""
        unit = Signal(range(self.units), name=name)
        after = Mux(unit == self.units - 1, 0, unit + 1)
        with m.If(step):
            m.d.sync += unit.eq(after)
        return unit, after


def held(m: Module, value: Value, name: str, load: Value) -> Value:
    """``value``, from the cycle after ``load`` on."""
    kept = Signal.like(value, name=name, reset_less=True)
    with m.If(load):
        m.d.sync += kept.eq(value)
    return kept


def placed(value: Value, fraction: int, exact: Span) -> Value:
    """``value`` with ``fraction`` fraction bits in those of ``exact``."""
    return value.shift_left(exact.fraction - fraction)


def narrowed(m: Module, name: str, narrowing: Requantise, exact: Value) -> Value:
    """An exact value, narrowed."""
    m.submodules[name] = narrow = Requantiser(narrowing)
    m.d.comb += narrow.i.eq(exact)
    return narrow.o


def activated(
    m: Module, name: str, parameters: IntegerActivation, value: Value, *, enable: Value = 1
) -> Value:
    """``value`` through an activation unit, which takes one each cycle with ``enable``."""
    m.submodules[name] = unit = activation_component(parameters)(parameters)
    m.d.comb += [unit.i.eq(value), unit.en.eq(enable)]
    return unit.o


def turns(m: Module, start: Value, count: int) -> tuple[Value, Callable[[int, int], Value]]:
    """Turns 0 to ``count - 1``, one a cycle after ``start``, which may come with the last one.

    Returns
    -------
    ended
        Whether it is the cycle after the last turn.
    within
        Of two numbers, whether it is a turn from the first on and before the second.
    """
    busy, turn, ended = Signal(), Signal(range(count)), Signal()
    last = busy & (turn == count - 1)
    m.d.sync += [turn.eq(turn + 1), ended.eq(last)]
    with m.If(last):
        m.d.sync += busy.eq(0)
    with m.If(start):
        m.d.sync += [busy.eq(1), turn.eq(0)]

    def within(first: int, stop: int) -> Value:
        above = turn >= first if first else 1
        return busy & above & (turn < stop) if stop < count else busy & above

    return ended, within


def product_by_bits(
    m: Module, name: str, width: int, operand: Value, *, first: Value, step: Value, minus: Value
) -> Signal:
    """Twice itself plus the operand of a bit, the highest bit of the other factor first.

    Parameters
    ----------
    width
        Bits of the products.
    operand
        What a bit counts, or zero.
    first
        Whether it is the first bit of a product.
    minus
        Whether the first bit counts negatively.
    """
    total = Signal(Shape(width, signed=True), name=name, reset_less=True)
    twice = Mux(first, 0, total.shift_left(1))
    with m.If(step):
        m.d.sync += total.eq(twice + operand)
        if minus:
            with m.If(first):
                m.d.sync += total.eq(-operand)
    return total


def bits_of(m: Module, name: str, value: Value, *, load: Value, step: Value) -> Value:
    """The highest bit of a value that was loaded, and with each step the one below it."""
    bits = Signal(len(value), name=name, reset_less=True)
    with m.If(step):
        m.d.sync += bits.eq(bits.shift_left(1)[: len(value)])
    with m.If(load):
        m.d.sync += bits.eq(value)
    return bits[-1]


def biased(
    m: Module, lane: int, sums: RecurrentSums, biased: BiasedSum, of_input, of_state, bias
) -> Value:
    """The sum node of a lane, a cycle after its exact sums and its stored bias."""
    total = placed(of_input, sums.of_input.fraction, sums.span) + placed(
        of_state, sums.of_state.fraction, sums.span
    )
    return biased_total(m, lane, sums, biased, total, bias)


def biased_total(
    m: Module, lane: int, sums: RecurrentSums, biased: BiasedSum, total, bias
) -> Value:
    """The sum node of a lane, a cycle after its exact sum of input and state and its bias."""
    narrowing = Requantise(sums.span.format, biased.accumulator)
    accumulated = narrowed(m, f"accumulator_{lane}", narrowing, total)
    accumulated = delayed(m, accumulated, 1, f"accumulated_{lane}")
    aligned = accumulated.shift_left(biased.biased.fraction - biased.accumulator.fraction)
    bias = delayed(m, bias, 1, f"bias_{lane}")
    return narrowed(m, f"sum_{lane}", biased.sum_narrowing, aligned + bias)
