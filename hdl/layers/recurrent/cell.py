"""What hardware of all cells has in common: sums come in, unit by unit, and outputs go out."""

from collections.abc import Sequence

from amaranth import Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.layers.recurrent.plan import RecurrentPlan
from build_decoder.hdl.parts.read_only_table import read_only_table
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.operations.biased_sum import BiasedSum
from build_decoder.quant.operations.recurrent_sums import RecurrentSums
from build_decoder.quant.operations.span import Span
from build_decoder.quant.requantise import Requantise

__all__ = ["CellComponent", "Kept", "activated", "biased", "delayed", "narrowed", "placed", "table"]


class CellComponent(wiring.Component):
    """Outputs of a step, unit by unit, of its sums.

    A unit's sums come one after the other or, if the plan's ``sums.lanes`` are as many as a unit's,
    at once. Nothing waits: an output comes ``plan.cell_latency - 1`` cycles after the last of its
    sums.

    Members
    -------
    valid : ``In``, 1
    of_input, of_state : ``In``, array of ``lanes`` exact sums
    done : ``Out``, 1
    o : ``Out``, an output
    """

    def __init__(self, plan: RecurrentPlan):
        self.plan = plan
        exact = Shape(plan.sums.parameters.exact.width, signed=True)
        lanes = data.ArrayLayout(exact, plan.sums.lanes)
        super().__init__(
            {
                "valid": In(1),
                "of_input": In(lanes),
                "of_state": In(lanes),
                "done": Out(1),
                "o": Out(shape_of(plan.layer.output)),
            }
        )

    @property
    def serial(self) -> bool:
        """Whether a unit's sums come one after the other."""
        return self.plan.sums.lanes == 1

    def row(self, m: Module, valid: Value) -> Signal:
        """Number of the row of sums, among those of a step."""
        rows = self.plan.sums.groups_in_frame
        row = Signal(range(rows))
        with m.If(valid):
            m.d.sync += row.eq(Mux(row == rows - 1, 0, row + 1))
        return row

    def gate(self, m: Module, valid: Value) -> Signal:
        """Number of the sum that comes with ``valid``, among those of its unit."""
        gates = self.plan.gates
        gate = Signal(range(gates))
        with m.If(valid):
            m.d.sync += gate.eq(Mux(gate == gates - 1, 0, gate + 1))
        return gate


class Kept(wiring.Component):
    """What each unit keeps from step to step; zero in the first step of a frame.

    ``o`` is always that of the unit that comes next, until ``take``. Units are written in the same
    order, later.

    Members
    -------
    take, write : ``In``, 1
    data : ``In``, ``shape``
    o : ``Out``, ``shape``
    """

    def __init__(self, shape: Shape, *, units: int, steps: int):
        self.units, self.steps = units, steps
        super().__init__({"take": In(1), "write": In(1), "data": In(shape), "o": Out(shape)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = memory = Memory(shape=len(self.data), depth=self.units, init=[])
        write, read = memory.write_port(), memory.read_port()
        unit, step = Signal(range(self.units)), Signal(range(self.steps))
        next_unit = Signal.like(unit)
        last = unit == self.units - 1
        m.d.comb += [
            next_unit.eq(Mux(self.take, Mux(last, 0, unit + 1), unit)),
            read.addr.eq(next_unit),
            write.en.eq(self.write),
            write.data.eq(self.data),
            self.o.eq(Mux(step == 0, 0, read.data)),
        ]
        m.d.sync += unit.eq(next_unit)
        with m.If(self.take & last):
            m.d.sync += step.eq(Mux(step == self.steps - 1, 0, step + 1))
        with m.If(self.write):
            m.d.sync += write.addr.eq(Mux(write.addr == self.units - 1, 0, write.addr + 1))
        return m


def delayed(m: Module, value: Value, cycles: int, name: str, *, flag: bool = False) -> Value:
    """``value``, so many cycles later; a flag is low after a reset."""
    for cycle in range(cycles):
        after = Signal.like(value, name=f"{name}_{cycle}", reset_less=not flag)
        m.d.sync += after.eq(value)
        value = after
    return value


def placed(value: Value, fraction: int, exact: Span) -> Value:
    """``value`` with ``fraction`` fraction bits in those of ``exact``."""
    return value.shift_left(exact.fraction - fraction)


def narrowed(m: Module, name: str, narrowing: Requantise, exact: Value) -> Value:
    """An exact value, narrowed."""
    m.submodules[name] = narrow = Requantiser(narrowing)
    m.d.comb += narrow.i.eq(exact)
    return narrow.o


def activated(m: Module, name: str, parameters: IntegerActivation, value: Value) -> Value:
    """``value`` through an activation unit, which takes one each cycle."""
    m.submodules[name] = unit = activation_component(parameters)(parameters)
    m.d.comb += [unit.i.eq(value), unit.en.eq(1)]
    return unit.o


def table(values: Sequence[int], lanes: int, row: Value) -> list[Value]:
    """Of each lane, the constant for a row."""
    return [read_only_table(values[lane::lanes], row) for lane in range(lanes)]


def biased(
    m: Module, lane: int, sums: RecurrentSums, biased: BiasedSum, of_input, of_state, bias
) -> Value:
    """The sum node of a lane, a cycle after its exact sums and its stored bias."""
    total = placed(of_input, sums.of_input.fraction, sums.span) + placed(
        of_state, sums.of_state.fraction, sums.span
    )
    narrowing = Requantise(sums.span.format, biased.accumulator)
    accumulated = narrowed(m, f"accumulator_{lane}", narrowing, total)
    accumulated = delayed(m, accumulated, 1, f"accumulated_{lane}")
    aligned = accumulated.shift_left(biased.biased.fraction - biased.accumulator.fraction)
    bias = delayed(m, bias, 1, f"bias_{lane}")
    return narrowed(m, f"sum_{lane}", biased.sum_narrowing, aligned + bias)
