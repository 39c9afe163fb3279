"""LSTMs in a row in hardware: columns, states, the array, cells and outputs."""

from typing import NamedTuple

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data

from build_decoder.hdl.parallel_stack.array import ParallelArray
from build_decoder.hdl.parallel_stack.cell import ParallelCell
from build_decoder.hdl.parallel_stack.control import SUMMED
from build_decoder.hdl.parallel_stack.states import States
from build_decoder.hdl.parallel_stack.walk import ParallelWalk
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.recurrent.columns import Columns
from build_decoder.hdl.recurrent.component import RecurrentComponent
from build_decoder.hdl.shapes import shape_of

__all__ = ["COMPONENT", "ParallelStackComponent"]


class _Came(NamedTuple):
    """An output of a layer that comes from its cell: whether one does, the output, and whether it
    is of an odd step, and of a frame's last one."""

    done: Value
    o: Value
    odd: Value
    ends: Value


class _Room(NamedTuple):
    """What outputs need room for: whether a pass of such ends but for room, whether they are given,
    and whether it must wait."""

    begins: Value
    sent: Value
    hold: Value


class ParallelStackComponent(RecurrentComponent):
    """LSTMs, each of which takes the outputs of the one before it, all sums of each at once.

    Passes of two layers ``a`` and ``b``, of four units and four steps, go::

        multipliers   a0   a1   b0   a2   b1   b2   a3   b3
        cell             a0   a1   b0   a2   b1   b2   a3   b3
        output                   b0        b1   b2        b3

    States are there before the multipliers need them, but for those of the last steps. Values of a
    column of inputs are taken as they come.

    All else is as of one layer, and so are the members.
    """

    def elaborate(self, platform):
        m = Module()
        plan, lanes = self.plan, self.plan.folding.inputs_per_cycle
        m.submodules.walk = walk = ParallelWalk(plan)
        top = len(plan.cells) - 1
        may_take, hold = Signal(), Signal()
        word_there, states_there = Signal(), Signal()
        busy = self._busy(m, walk)
        sent = walk.last & (walk.layer == top) & (1 if plan.layer.sequences else walk.ends)
        m.d.comb += [
            may_take.eq(word_there & states_there & ~(walk.last & busy)),
            walk.take.eq(may_take & ~hold),
        ]
        m.submodules.array = array = ParallelArray(plan)
        came, states = self._cells(m, walk, array)
        word = self._columns(m, walk, word_there)
        reads = self._read(m, walk, states, came, states_there)

        of_column = delayed(m, ~walk.of_state & (walk.layer == 0), 1, "of_column")
        of_layer = delayed(m, walk.layer - ~walk.of_state, 1, "of_layer")
        x = Signal(data.ArrayLayout(shape_of(plan.sums.parameters.input), lanes), reset_less=True)
        for lane in range(lanes):
            values = [Value.cast(each.o[lane]) for each in reads]
            state = values[0] if len(values) == 1 else Array(values)[of_layer[: plan.layer_bits]]
            m.d.sync += x[lane].eq(Mux(of_column, word[lane], state))
        m.d.comb += [
            array.take.eq(walk.take),
            array.first.eq(walk.first),
            array.row.eq(walk.row),
            array.x.eq(x),
        ]
        last = came[top]
        self._give(
            m, _Room(may_take & sent, Const(1), hold), last,
            (states[top].unit, states[top].last, last.ends),
        )
        return m

    def _busy(self, m: Module, walk) -> Value:
        """Whether no pass may end, since sums of the one before it are still to leave."""
        plan = self.plan
        apart = [plan.apart(n) - 1 for n in range(len(plan.cells))]
        left = Signal(range(max(apart) + 1))
        with m.If(walk.take & walk.last):
            m.d.sync += left.eq(Array(map(Const, apart))[walk.layer])
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        return left != 0

    def _cells(self, m: Module, walk, array) -> tuple[list[_Came], list[States]]:
        """Sums leave the array a unit a cycle, and go through the cell of their layer."""
        plan, count = self.plan, len(self.plan.cells)
        ended = delayed(m, walk.take & walk.last, SUMMED - 1, "ended", flag=True)
        tags = Cat(walk.layer, walk.starts, walk.odd, walk.ends)
        tags_then = delayed(m, tags, SUMMED - 1, "tags")
        leaving, unit = Signal(), Signal(range(plan.most_units))
        tags = Signal(len(tags_then), reset_less=True)
        layer = tags[: plan.layer_bits]
        units = Array(Const(cell.units - 1, len(unit)) for cell in plan.cells)
        with m.If(ended):
            m.d.sync += [leaving.eq(1), unit.eq(0), tags.eq(tags_then)]
        with m.Elif(unit == units[layer]):
            m.d.sync += leaving.eq(0)
        with m.Else():
            m.d.sync += unit.eq(unit + 1)
        m.d.comb += array.selected.eq(unit)
        valid = delayed(m, leaving, plan.select_latency, "valid", flag=True)
        unit = delayed(m, unit, plan.select_latency, "unit")
        tags = delayed(m, tags, plan.select_latency, "tags")

        cells = []
        for number, built in enumerate(plan.built_cells):
            m.submodules[f"cell_{number}"] = cell = ParallelCell(built)
            mine, row = tags[: plan.layer_bits] == number, unit
            if plan.shares_cell:
                before = Array(map(Const, plan.units_before))
                mine, row = 1, unit + before[tags[: plan.layer_bits]]
            m.d.comb += [
                cell.valid.eq(valid & mine),
                cell.row.eq(row),
                cell.starts.eq(tags[plan.layer_bits]),
            ]
            for total, each in zip(cell.totals, array.sums, strict=True):
                m.d.comb += total.eq(each)
            then = delayed(m, tags, built.cell_latency - 1, f"tags_{number}")
            cells.append((cell, then))
        came, states = [], []
        for number in range(count):
            cell, then = cells[0 if plan.shares_cell else number]
            done = cell.done & (then[: plan.layer_bits] == number)
            _, odd, ends = then[plan.layer_bits :]
            came.append(_Came(done, cell.o, odd, ends))
            m.submodules[f"states_{number}"] = memory = States(
                plan.cells[number].layer.output, plan.cells[number].units,
                plan.folding.inputs_per_cycle,
            )
            m.d.comb += [memory.write.eq(done), memory.write_odd.eq(odd), memory.data.eq(cell.o)]
            states.append(memory)
        return came, states

    def _read(self, m: Module, walk, states, came, there_now) -> list[States]:
        """States are read; whether those that a beat is the first to take are there."""
        plan, top = self.plan, len(self.plan.cells) - 1
        fulfilled = []
        for number, (memory, each) in enumerate(zip(states, came, strict=True)):
            own, behind = walk.of_state & (walk.layer == number), Const(0)
            if number < top:
                own = own & ~walk.late
                behind = ~walk.of_state & (walk.layer == number + 1) & walk.late
            beats = plan.state_beats(number)
            most = plan.states_of(number, 0)
            needs = Signal(range(most + 1), name=f"needs_{number}")
            wanted = Mux(walk.beat == beats - 1, plan.states_of(number, beats - 1), most)
            # What the last step of a frame leaves in the last layer, no step takes.
            kept = each.done & ~each.ends if number == top else each.done
            there = Signal(range(memory.units + 1), name=f"there_{number}")
            m.d.comb += [
                needs.eq(Mux(own | behind, wanted, 0)),
                memory.beat.eq(walk.beat[: len(memory.beat)]),
                memory.odd.eq(walk.odd ^ walk.of_state),
            ]
            m.d.sync += there.eq(there + kept - Mux(walk.take, needs, 0))
            fulfilled.append(there >= needs)
        m.d.comb += there_now.eq(Cat(fulfilled).all())
        return states

    def _columns(self, m: Module, walk, there_now):
        """Columns of inputs come in; the word that is read."""
        plan = self.plan
        words = plan.sums.beats_of(0, False)
        m.submodules.columns = columns = Columns(
            self.i.payload.shape(), words=words, places=plan.columns, turned=False
        )
        space = Signal(range(plan.columns + 1), init=plan.columns)
        there = Signal(range(plan.columns * words + 1))
        word = Signal(range(words), name="word_in")
        last = word == words - 1
        of_column = ~walk.of_state & (walk.layer == 0)
        taken = walk.take & of_column
        m.d.comb += [
            self.i.ready.eq((word != 0) | (space != 0)),
            columns.write.eq(self.i.valid & self.i.ready),
            columns.write_word.eq(word),
            columns.ends.eq(last),
            columns.data.eq(self.i.payload),
            columns.word.eq(walk.beat[: len(columns.word)]),
            columns.next.eq(taken & walk.last),
            columns.en.eq(1),
            there_now.eq(~of_column | (there != 0)),
        ]
        with m.If(columns.write):
            m.d.sync += word.eq(Mux(last, 0, word + 1))
        m.d.sync += [
            space.eq(space - (columns.write & (word == 0)) + columns.next),
            there.eq(there + columns.write - taken),
        ]
        return columns.o


COMPONENT = ParallelStackComponent
"""What realises the plan beside this module."""
