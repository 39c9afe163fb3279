"""Stacked layers in hardware: columns, states, multipliers, a drain, cells and outputs."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import data
from amaranth.lib.memory import Memory

from build_decoder.hdl.decoder import component_type
from build_decoder.hdl.recurrent.component import RecurrentComponent
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stack.drain import StackDrain
from build_decoder.hdl.stack.walk import StackWalk

__all__ = ["COMPONENT", "StackComponent"]


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
        cells = self._cells(m, drain)

        columns_there, states_there = Signal(), Signal()
        self._take(m, walk, drain, columns_there & states_there)
        columns = self._columns(m, walk, columns_there)
        came = self._came_of(m, cells)
        states = self._states_of(m, walk, cells, came, states_there)

        # Memories are read, then one of both is selected.
        of_column, zero = Signal(reset_less=True), Signal(reset_less=True)
        operands = Signal(data.ArrayLayout(shape_of(sums.parameters.input),
                                           plan.folding.inputs_per_cycle), reset_less=True)
        m.d.sync += [of_column.eq(walk.of_column), zero.eq(walk.zero)]
        for lane, operand in enumerate(operands):
            m.d.sync += operand.eq(Mux(of_column, columns[lane], Mux(zero, 0, states[lane])))
        self._multiply(m, walk, drain, operands)
        self._give(m, drain, cells[-1], came)
        return m

    def _cells(self, m: Module, drain) -> list:
        """The cell of each layer, which takes the sums of its own."""
        cells = []
        for number, plan in enumerate(self.plan.cells):
            m.submodules[f"cell_{number}"] = cell = component_type(type(plan)).cell(plan)
            gate, unit = drain.row[: self.plan.gate_bits], drain.row[self.plan.gate_bits :]
            m.d.comb += [
                cell.valid.eq(drain.valid & (drain.layer == number)),
                cell.row.eq(Cat(gate, unit[: (plan.units - 1).bit_length()])),
                cell.starts.eq(drain.starts),
                cell.of_input[0].eq(drain.of_input[0]),
                cell.of_state[0].eq(drain.of_state[0]),
            ]
            cells.append(cell)
        return cells

    def _came_of(self, m: Module, cells) -> tuple:
        """Of the output that comes of any layer: its unit, whether that is the last one of the
        layer, and whether it is the last step.

        No two layers' come at a time: a layer's first sums are made of the last of these."""
        plan = self.plan
        unit, step = Signal(plan.unit_bits), Signal(range(plan.layer.steps))
        last = Signal()
        for cell, each in zip(cells, plan.cells, strict=True):
            with m.If(cell.done):
                m.d.comb += last.eq(unit == each.units - 1)
                m.d.sync += unit.eq(Mux(last, 0, unit + 1))
        last_step = step == plan.layer.steps - 1
        with m.If(cells[-1].done & last):
            m.d.sync += step.eq(Mux(last_step, 0, step + 1))
        return unit, last, last_step

    def _states_of(self, m: Module, walk, cells, came, there_now) -> list:
        """States of all layers go round, a bank a lane; the values that are read."""
        plan, at_once = self.plan, self.plan.folding.inputs_per_cycle
        unit, last, last_step = came
        done = Cat(cell.done for cell in cells)
        beat, lane = unit, Const(0)
        if at_once > 1:
            beat, lane = Signal(plan.state_bits), Signal(range(at_once))
            lane_last = last | (lane == at_once - 1)
            with m.If(done.any()):
                m.d.sync += [
                    lane.eq(Mux(lane_last, 0, lane + 1)),
                    beat.eq(Mux(last, 0, beat + lane_last)),
                ]
        there = Signal(range(max(each.units for each in plan.cells) + 1))
        # What the last step of a frame leaves in the last layer, no step takes.
        kept = done[:-1].any() | (done[-1] & ~last_step)
        m.d.comb += there_now.eq(there >= walk.needs_states)
        m.d.sync += there.eq(there + kept - Mux(walk.take, walk.needs_states, 0))
        value = Signal(shape_of(plan.state_format))
        layer = Signal(plan.layer_bits)
        for number, cell in enumerate(cells):
            with m.If(cell.done):
                m.d.comb += [value.eq(cell.o), layer.eq(number)]
        values = []
        for number in range(at_once):
            m.submodules[f"state_{number}"] = memory = Memory(
                shape=value.shape(), depth=1 << plan.state_bits + plan.layer_bits, init=[]
            )
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.en.eq(done.any() & (lane == number)),
                write.addr.eq(Cat(beat[: plan.state_bits], layer)),
                write.data.eq(value),
                read.addr.eq(Cat(walk.beat[: plan.state_bits], walk.state)),
            ]
            values.append(read.data)
        return values


COMPONENT = StackComponent
"""What realises the plan beside this module."""
