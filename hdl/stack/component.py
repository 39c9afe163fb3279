"""Stacked layers in hardware: columns, states, multipliers, a drain, cells and outputs."""

from collections.abc import Sequence
from typing import NamedTuple

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.lib.memory import Memory

from build_decoder.hdl.decoder import component_type
from build_decoder.hdl.recurrent.cell import CellComponent
from build_decoder.hdl.recurrent.component import RecurrentComponent
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stack.drain import StackDrain
from build_decoder.hdl.stack.walk import StackWalk

__all__ = ["COMPONENT", "StackComponent"]


class _Came(NamedTuple):
    """An output that comes.

    Attributes
    ----------
    done
        Whether one does.
    o
        The output.
    layer, unit
        Their numbers.
    last, last_layer, last_step
        Whether it is the layer's last unit, and whether layer and step are the last ones.
    """

    done: Value
    o: Value
    layer: Value
    unit: Value
    last: Value
    last_layer: Value
    last_step: Value


class _Outputs(NamedTuple):
    """Outputs of a layer, as a cell has them."""

    done: Value
    o: Value


class StackComponent(RecurrentComponent):
    """LSTMs, or GRUs, each of which takes the outputs of the one before it, on one array of
    multipliers.

    Parts of a step come in a fixed order: products of the states of all layers, which wait for the
    step before alone; then, when its column is there, those of the first layer's input, and of
    each further one's, value by value as the cell before it gives them. Of two layers ``a`` and
    ``b`` of two units, with products of the state ``h`` and of the input ``x``::

        multipliers   ah ah bh bh ax ax bx bx ah ah bh bh
        cell                            a0 a1 b0 b1
        output                                   o0 o1

    All else is as of one layer, and so are the members.
    """

    def elaborate(self, platform):
        m = Module()
        plan, sums = self.plan, self.plan.sums
        m.submodules.walk = walk = StackWalk(plan)
        m.submodules.drain = drain = StackDrain(plan)
        came = self._came_of(m, self._cells(m, drain))

        columns_there, states_there = Signal(), Signal()
        self._take(m, walk, drain, columns_there & states_there)
        columns = self._columns(m, walk, columns_there)
        states = self._states_of(m, walk, came, states_there)

        # Memories are read, then one of both is selected.
        of_column, zero = Signal(reset_less=True), Signal(reset_less=True)
        operands = Signal(data.ArrayLayout(shape_of(sums.parameters.input),
                                           plan.folding.inputs_per_cycle), reset_less=True)
        m.d.sync += [of_column.eq(walk.of_column), zero.eq(walk.zero)]
        for lane, operand in enumerate(operands):
            m.d.sync += operand.eq(Mux(of_column, columns[lane], Mux(zero, 0, states[lane])))
        self._multiply(m, walk, drain, operands)
        given = _Outputs(came.done & came.last_layer, came.o)
        self._give(m, drain, given, (came.unit, came.last, came.last_step))
        return m

    def _cells(self, m: Module, drain) -> list[CellComponent]:
        """The cells, each of which takes the sums of its layer, or one those of all."""
        plan, cells = self.plan, []
        unit = drain.row[plan.gate_bits :][: plan.unit_bits]
        for number, each in enumerate(plan.built_cells):
            m.submodules[f"cell_{number}"] = cell = component_type(type(each)).cell(each)
            layers, mine, its_unit = [number], drain.layer == number, unit
            if plan.shares_cell:
                layers, mine = range(len(plan.cells)), 1
                its_unit = unit + Array(map(Const, plan.units_before))[drain.layer]
            of_input, of_state = zip(*map(plan.place_of_sums, layers), strict=True)
            m.d.comb += [
                cell.valid.eq(drain.valid & mine),
                cell.row.eq(Cat(drain.row[: plan.gate_bits], its_unit)),
                cell.starts.eq(drain.starts),
                cell.of_input[0].eq(_placed(drain.of_input[0], of_input, drain.layer)),
                cell.of_state[0].eq(_placed(drain.of_state[0], of_state, drain.layer)),
            ]
            cells.append(cell)
        return cells

    def _came_of(self, m: Module, cells: Sequence[CellComponent]) -> _Came:
        """The output that comes of any layer.

        No two layers' come at a time: a layer's first sums are made of the last of these."""
        plan = self.plan
        layer, unit = Signal(plan.layer_bits), Signal(plan.unit_bits)
        step = Signal(range(plan.layer.steps))
        last_layer, last_step = layer == len(plan.cells) - 1, step == plan.layer.steps - 1
        last, done = Signal(), Signal()
        o = Signal(shape_of(plan.state_format))
        m.d.comb += [
            last.eq(unit == _of_layer([cell.units - 1 for cell in plan.cells], layer)),
            done.eq(Cat(cell.done for cell in cells).any()),
            o.eq(_of_layer([cell.o for cell in cells], layer)),
        ]
        with m.If(done):
            m.d.sync += unit.eq(Mux(last, 0, unit + 1))
            with m.If(last):
                m.d.sync += layer.eq(Mux(last_layer, 0, layer + 1))
                with m.If(last_layer):
                    m.d.sync += step.eq(Mux(last_step, 0, step + 1))
        return _Came(done, o, layer, unit, last, last_layer, last_step)

    def _states_of(self, m: Module, walk, came: _Came, there_now) -> list:
        """States of all layers go round, a bank a lane; the values that are read."""
        plan, at_once = self.plan, self.plan.folding.inputs_per_cycle
        beat, lane = came.unit, Const(0)
        if at_once > 1:
            beat, lane = Signal(plan.state_bits), Signal(range(at_once))
            lane_last = came.last | (lane == at_once - 1)
            with m.If(came.done):
                m.d.sync += [
                    lane.eq(Mux(lane_last, 0, lane + 1)),
                    beat.eq(Mux(came.last, 0, beat + lane_last)),
                ]
        there = Signal(range(max(each.units for each in plan.cells) + 1))
        # What the last step of a frame leaves in the last layer, no step takes.
        kept = came.done & ~(came.last_layer & came.last_step)
        m.d.comb += there_now.eq(there >= walk.needs_states)
        m.d.sync += there.eq(there + kept - Mux(walk.take, walk.needs_states, 0))
        values = []
        for number in range(at_once):
            m.submodules[f"state_{number}"] = memory = Memory(
                shape=came.o.shape(), depth=1 << plan.state_bits + plan.layer_bits, init=[]
            )
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.en.eq(came.done & (lane == number)),
                write.addr.eq(Cat(beat[: plan.state_bits], came.layer)),
                write.data.eq(came.o),
                read.addr.eq(Cat(walk.beat[: plan.state_bits], walk.state)),
            ]
            values.append(read.data)
        return values


def _placed(exact: Value, places: Sequence[int], layer: Value) -> Value:
    """An exact sum with so many zero bits appended as the layer's ``places`` say."""
    return _of_layer([exact.shift_left(count) for count in places], layer)


def _of_layer(values: Sequence[Value | int], layer: Value) -> Value:
    """The value of a layer, or the only one that there is for all of them."""
    values = [Value.cast(value) for value in values]
    return values[0] if len(values) == 1 else Array(values)[layer]


COMPONENT = StackComponent
"""What realises the plan beside this module."""
