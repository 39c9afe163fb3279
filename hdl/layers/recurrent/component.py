"""A cell over time steps in hardware: columns, states, multipliers, drain, cell and outputs."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data
from amaranth.lib.memory import Memory

from build_decoder.hdl.layers.recurrent.cell import CellComponent, delayed
from build_decoder.hdl.layers.recurrent.columns import Columns
from build_decoder.hdl.layers.recurrent.drain import StepDrain
from build_decoder.hdl.layers.recurrent.plan import READ_LATENCY
from build_decoder.hdl.layers.recurrent.walk import StepWalk
from build_decoder.hdl.parts.mac_array import MacArray
from build_decoder.hdl.parts.neurons import stored_weights
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["RecurrentComponent"]


class RecurrentComponent(StageComponent):
    """A cell over the time steps of each frame.

    Attributes
    ----------
    cell : type of CellComponent
        Hardware of the cell; of the class.
    """

    cell: type[CellComponent]

    def elaborate(self, platform):
        m = Module()
        plan, sums = self.plan, self.plan.sums
        m.submodules.walk = walk = StepWalk(plan)
        m.submodules.weights = weights = stored_weights(sums)
        m.submodules.mac = mac = MacArray(sums)
        m.submodules.drain = drain = StepDrain(sums)
        m.submodules.cell = cell = self.cell(plan)

        busy, columns_there, states_there = Signal(), Signal(), Signal()
        # Weights are ready before any input has gone through memories and selection.
        m.d.comb += walk.take.eq(~(busy & walk.last) & columns_there & states_there)
        with m.If(drain.done):
            m.d.sync += busy.eq(0)
        with m.If(walk.take & walk.last):
            m.d.sync += busy.eq(1)
        columns = self._columns(m, walk, columns_there)
        states = self._states(m, walk, cell, states_there)

        # Memories are read, then one of both is selected.
        of_state, zero = Signal(reset_less=True), Signal(reset_less=True)
        operands = Signal(data.ArrayLayout(shape_of(sums.parameters.input),
                                           plan.folding.inputs_per_cycle), reset_less=True)
        m.d.sync += [of_state.eq(walk.of_state), zero.eq(walk.zero)]
        for lane, operand in enumerate(operands):
            state = Mux(zero, 0, states[lane])
            m.d.sync += operand.eq(Mux(of_state, state, columns[lane]))
        beat = Mux(walk.take, Cat(1, walk.first, walk.last), 0)
        take, first, last = delayed(m, beat, READ_LATENCY, "beat", flag=True)
        m.d.comb += [
            weights.advance.eq(take),
            mac.valid.eq(take),
            mac.first.eq(first),
            mac.inputs.eq(operands),
            mac.load.eq(weights.load),
            mac.weights.eq(weights.weights),
        ]
        m.d.comb += [
            drain.load.eq(delayed(m, last, mac.latency, "finished", flag=True)),
            drain.sums.eq(mac.sums),
            cell.valid.eq(drain.valid),
            cell.of_input.eq(drain.of_input),
            cell.of_state.eq(drain.of_state),
        ]
        self._give(m, drain, cell)
        return m

    def _columns(self, m: Module, walk, there_now):
        """Columns of inputs come in; the word that is read."""
        plan = self.plan
        m.submodules.columns = columns = Columns(
            self.i.payload.shape(), words=plan.sums.input_beats, places=plan.columns,
            turned=plan.reversed,
        )
        count = range(plan.columns + 1)
        space, there = Signal(count, init=plan.columns), Signal(count)
        m.d.comb += [
            self.i.ready.eq(~columns.begins | (space != 0)),
            columns.write.eq(self.i.valid & self.i.ready),
            columns.data.eq(self.i.payload),
            columns.word.eq(walk.beat),
            columns.next.eq(walk.take & walk.frees),
            columns.en.eq(1),
            there_now.eq(there >= walk.needs),
        ]
        arrived = columns.write & columns.ends
        m.d.sync += [
            space.eq(space - (columns.write & columns.begins) + columns.next),
            there.eq(there + arrived - Mux(walk.take, walk.needs, 0)),
        ]
        return columns.o

    def _states(self, m: Module, walk, cell, there_now) -> list:
        """The state goes round, a bank a lane; the values that are read."""
        plan, at_once = self.plan, self.plan.folding.inputs_per_cycle
        lane, beat = Signal(range(at_once)), Signal(range(plan.sums.state_beats))
        unit = Signal(range(plan.units))
        last = unit == plan.units - 1
        lane_last = last | (lane == at_once - 1)
        with m.If(cell.done):
            m.d.sync += [
                unit.eq(Mux(last, 0, unit + 1)),
                lane.eq(Mux(lane_last, 0, lane + 1)),
                beat.eq(Mux(last, 0, beat + lane_last)),
            ]
        there, step = Signal(range(plan.units + 1)), Signal(range(plan.layer.steps))
        # What the last step of a frame leaves, no step takes.
        kept = step != plan.layer.steps - 1
        with m.If(cell.done & last):
            m.d.sync += step.eq(Mux(kept, step + 1, 0))
        m.d.comb += there_now.eq(there >= walk.needs_states)
        m.d.sync += there.eq(
            there + (cell.done & kept) - Mux(walk.take, walk.needs_states, 0)
        )
        values = []
        for number in range(at_once):
            m.submodules[f"state_{number}"] = memory = Memory(
                shape=cell.o.shape(), depth=plan.sums.state_beats, init=[]
            )
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.en.eq(cell.done & (lane == number)),
                write.addr.eq(beat),
                write.data.eq(cell.o),
                read.addr.eq(walk.beat),
            ]
            values.append(read.data)
        return values

    def _give(self, m: Module, drain, cell):
        """Outputs wait until they are taken."""
        plan = self.plan
        layout = self.o.payload.shape()
        m.submodules.outputs = outputs = Columns(
            layout, words=plan.units, places=plan.columns_out, turned=plan.turned
        )
        # Of which step sums leave, and of which step outputs come.
        count = range(plan.columns_out + 1)
        room, waiting = Signal(count, init=plan.columns_out), Signal(
            range(plan.columns_out * plan.units + 1)
        )
        leaving = self._sent(m, drain.begins & ~drain.hold, 1, "leaving")
        coming = self._sent(m, cell.done, plan.units, "coming")
        moves, send, freed = Signal(), Signal(), Signal()
        word, step = Signal(range(plan.units)), Signal(range(plan.layer.steps))
        word_last = word == plan.units - 1
        needs = 1
        if plan.turned:
            needs = Mux((word == 0) & (step == 0), plan.together, 0)
        m.d.comb += [
            drain.hold.eq(drain.begins & leaving & (room == 0)),
            outputs.write.eq(cell.done & coming),
            outputs.data[0].eq(cell.o),
            moves.eq(~self.o.valid | self.o.ready),
            send.eq(moves & (waiting >= needs)),
            outputs.word.eq(word),
            outputs.en.eq(moves),
            freed.eq(send & word_last),
            outputs.next.eq(freed),
            self.o.payload.eq(outputs.o),
        ]
        m.d.sync += [
            room.eq(room - (drain.begins & ~drain.hold & leaving) + freed),
            waiting.eq(waiting + outputs.write - Mux(send, needs, 0)),
        ]
        with m.If(moves):
            m.d.sync += self.o.valid.eq(send)
        with m.If(send):
            m.d.sync += word.eq(Mux(word_last, 0, word + 1))
            if plan.turned:
                with m.If(word_last):
                    m.d.sync += step.eq(Mux(step == plan.layer.steps - 1, 0, step + 1))

    def _sent(self, m: Module, one, ones: int, name: str):
        """Whether a step's outputs are given; ``one`` comes ``ones`` times a step."""
        plan = self.plan
        if plan.layer.sequences:
            return 1
        number = Signal(range(ones * plan.layer.steps), name=name)
        last = number == ones * plan.layer.steps - 1
        with m.If(one):
            m.d.sync += number.eq(Mux(last, 0, number + 1))
        return number >= ones * (plan.layer.steps - 1)
