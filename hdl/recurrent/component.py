"""A cell over time steps in hardware: columns, states, multipliers, drain, cell and outputs."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory

from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.parts.mac_array import MacArray
from build_decoder.hdl.parts.neurons import stored_weights
from build_decoder.hdl.parts.weight_memory import WeightMemory
from build_decoder.hdl.parts.writable_weight_memory import WritableWeightMemory
from build_decoder.hdl.recurrent.cell import CellComponent
from build_decoder.hdl.recurrent.columns import Columns
from build_decoder.hdl.recurrent.control import READ_LATENCY
from build_decoder.hdl.recurrent.drain import StepDrain
from build_decoder.hdl.recurrent.walk import StepWalk
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["RecurrentComponent"]


class RecurrentComponent(StageComponent):
    """A cell over the time steps of each frame.

    Multipliers never wait for what comes behind them but for values of the state, each product for
    its own alone. Outputs wait in a memory until they are taken; if two columns of them are there,
    the cell waits. States are zero in the first step of each frame, and frames follow one another
    without a gap. If the last step is taken first, all columns of a frame are kept, and so are all
    outputs if they are given in the order of time; the next frame comes into the places that are
    left.

    In continuous mode, a frame is a step, and states are zero in the first one after a reset alone.
    The state's products of the next step are made before its column comes; a reset takes them back
    as it does all else. If it is reloadable, they wait for the column, so that the layer is at rest
    between two steps, and states stay while weights change.

    Members
    -------
    i : ``In``, stream of arrays of ``inputs_per_cycle`` inputs
    o : ``Out``, stream of arrays of one output
    memory_weight, memory_bias : ``In``, ports of the memories, if it is reloadable

    Attributes
    ----------
    cell : type of CellComponent
        Hardware of the cell; of the class.
    DRAIN : type of StepDrain
        Hardware of the drain; of the class.
    """

    cell: type[CellComponent]
    DRAIN: type[StepDrain] = StepDrain

    def elaborate(self, platform):
        m = Module()
        plan, sums = self.plan, self.plan.sums
        m.submodules.walk = walk = StepWalk(plan)
        m.submodules.drain = drain = self.DRAIN(plan)
        m.submodules.cell = cell = self.cell(plan)

        columns_there, states_there = Signal(), Signal()
        self._take(m, walk, drain, columns_there & states_there)
        columns = self._columns(m, walk, columns_there)
        came = self._came(m, cell)
        states = self._states(m, walk, cell, came, states_there)

        # Memories are read, then one of both is selected.
        of_state, zero = Signal(reset_less=True), Signal(reset_less=True)
        operands = Signal(data.ArrayLayout(shape_of(sums.parameters.input),
                                           plan.folding.inputs_per_cycle), reset_less=True)
        m.d.sync += [of_state.eq(walk.of_state), zero.eq(walk.zero)]
        for lane, operand in enumerate(operands):
            state = Mux(zero, 0, states[lane])
            m.d.sync += operand.eq(Mux(of_state, state, columns[lane]))
        self._multiply(m, walk, drain, operands)
        if plan.reloadable:
            wiring.connect(m, wiring.flipped(self.memory_bias), cell.memory)
        self._send(m, drain, cell)
        self._give(m, drain, cell, came)
        return m

    def _send(self, m: Module, drain: StepDrain, cell: CellComponent) -> None:
        """Sums go from the drain to the cell."""
        m.d.comb += [
            cell.valid.eq(drain.valid),
            cell.row.eq(drain.row),
            cell.starts.eq(drain.starts),
            cell.of_input.eq(drain.of_input),
            cell.of_state.eq(drain.of_state),
        ]

    def _take(self, m: Module, walk, drain, there):
        """Go on where values are there; a pass ends when the sums of the one before it leave."""
        busy = Signal()
        # Weights are ready before any input has gone through memories and selection.
        m.d.comb += walk.take.eq(~(busy & walk.last) & there)
        with m.If(drain.done):
            m.d.sync += busy.eq(0)
        with m.If(walk.take & walk.last):
            m.d.sync += busy.eq(1)

    def _multiply(self, m: Module, walk, drain, operands):
        """What was taken goes, with its weights, into sums, and these into the drain."""
        m.submodules.weights = weights = self._weights(m)
        m.submodules.mac = mac = self._array(m, drain)
        beat = Mux(walk.take, Cat(1, walk.first, walk.last), 0)
        beat = delayed(m, beat, READ_LATENCY, "beat", flag=True)
        (take, first, last), operands = self._entering(m, walk, beat, operands)
        m.d.comb += [
            weights.advance.eq(take),
            mac.valid.eq(take),
            mac.first.eq(first),
            mac.inputs.eq(operands),
            mac.load.eq(weights.load),
            mac.weights.eq(weights.weights),
            drain.load.eq(delayed(m, last, mac.latency, "finished", flag=True)),
            drain.sums.eq(mac.sums),
        ]

    def _weights(self, m: Module) -> WeightMemory | WritableWeightMemory:
        """The memory of weights."""
        sums = self.plan.sums
        weights = stored_weights(sums)
        if sums.reloadable:
            wiring.connect(m, wiring.flipped(self.memory_weight), weights.memory)
        return weights

    def _array(self, m: Module, drain: StepDrain) -> wiring.Component:
        """What makes the sums, and tells the drain more of them than their values."""
        return MacArray(self.plan.sums)

    def _entering(self, m: Module, walk, beat: Value, operands: Signal) -> tuple[Value, Signal]:
        """A beat, whether it is one, the first and the last of a pass, and its operands, as
        multipliers take them; ``walk`` is ``READ_LATENCY`` cycles ahead."""
        return beat, operands

    def _columns(self, m: Module, walk, there_now):
        """Columns of inputs come in; the word that is read."""
        plan = self.plan
        m.submodules.columns = columns = Columns(
            self.i.payload.shape(), words=plan.sums.input_beats, places=plan.columns,
            turned=plan.reversed,
        )
        count = range(plan.columns + 1)
        space, there = Signal(count, init=plan.columns), Signal(count)
        word = Signal(range(plan.sums.input_beats))
        last = word == plan.sums.input_beats - 1
        m.d.comb += [
            self.i.ready.eq((word != 0) | (space != 0)),
            columns.write.eq(self.i.valid & self.i.ready),
            columns.write_word.eq(word),
            columns.ends.eq(last),
            columns.data.eq(self.i.payload),
            columns.word.eq(walk.beat),
            columns.next.eq(walk.take & walk.frees),
            columns.en.eq(1),
            there_now.eq(there >= walk.needs),
        ]
        with m.If(columns.write):
            m.d.sync += word.eq(Mux(last, 0, word + 1))
        m.d.sync += [
            space.eq(space - (columns.write & (word == 0)) + columns.next),
            there.eq(there + (columns.write & last) - Mux(walk.take, walk.needs, 0)),
        ]
        return columns.o

    def _came(self, m: Module, cell) -> tuple:
        """Of the output that comes: its unit, whether that is the last one, and whether it is the
        last step."""
        plan = self.plan
        unit, step = Signal(range(plan.units)), Signal(range(plan.layer.steps))
        last, last_step = unit == plan.units - 1, step == plan.layer.steps - 1
        with m.If(cell.done):
            m.d.sync += unit.eq(Mux(last, 0, unit + 1))
            with m.If(last):
                m.d.sync += step.eq(Mux(last_step, 0, step + 1))
        return unit, last, last_step

    def _states(self, m: Module, walk, cell, came, there_now) -> list:
        """The state goes round, a bank a lane; the values that are read."""
        plan, at_once = self.plan, self.plan.folding.inputs_per_cycle
        unit, last, last_step = came
        lane, beat = Signal(range(at_once)), unit
        if at_once > 1:
            beat = Signal(range(plan.sums.state_beats))
            lane_last = last | (lane == at_once - 1)
            with m.If(cell.done):
                m.d.sync += [
                    lane.eq(Mux(lane_last, 0, lane + 1)),
                    beat.eq(Mux(last, 0, beat + lane_last)),
                ]
        there = Signal(range(plan.units + 1))
        m.d.comb += there_now.eq(there >= walk.needs_states)
        # What the last step of a frame leaves, no step takes, but in continuous mode.
        kept = cell.done if plan.continuous else cell.done & ~last_step
        m.d.sync += there.eq(
            there + kept - Mux(walk.take, walk.needs_states, 0)
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

    def _give(self, m: Module, drain, cell, came):
        """Outputs wait until they are taken."""
        plan = self.plan
        m.submodules.outputs = outputs = Columns(
            self.o.payload.shape(), words=plan.units, places=plan.columns_out, turned=plan.turned
        )
        unit, last, last_step = came
        room = Signal(range(plan.columns_out + 1), init=plan.columns_out)
        waiting = Signal(range(plan.columns_out * plan.units + 1))
        begins, moves, send, freed = (
            Signal(name=name) for name in ("begins", "moves", "send", "freed")
        )
        word, step = Signal(range(plan.units)), Signal(range(plan.layer.steps))
        word_last = word == plan.units - 1
        needs = 1
        if plan.turned:
            needs = Mux((word == 0) & (step == 0), plan.together, 0)
        m.d.comb += [
            begins.eq(drain.begins & drain.sent),
            drain.hold.eq(begins & (room == 0)),
            outputs.write.eq(cell.done & (1 if plan.layer.sequences else last_step)),
            outputs.write_word.eq(unit),
            outputs.ends.eq(last),
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
            room.eq(room - (begins & (room != 0)) + freed),
            waiting.eq(waiting + outputs.write - Mux(send, needs, 0)),
        ]
        with m.If(moves):
            m.d.sync += self.o.valid.eq(send)
        with m.If(send):
            m.d.sync += word.eq(Mux(word_last, 0, word + 1))
            if plan.turned:
                with m.If(word_last):
                    m.d.sync += step.eq(Mux(step == plan.layer.steps - 1, 0, step + 1))
