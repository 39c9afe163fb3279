"""Column engine in hardware."""

from amaranth import Array, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory

from build_decoder.hdl.engine.array import EngineArray
from build_decoder.hdl.engine.drain import EngineDrain
from build_decoder.hdl.engine.memory import EngineMemory
from build_decoder.hdl.engine.tables import StepTable, by_layer
from build_decoder.hdl.engine.walk import EngineWalk
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "EngineComponent"]


class EngineComponent(StageComponent):
    """``o = model.compute(i)`` for each frame, all layers on one array of multipliers, but means
    over all positions in the end.

    Goes through the steps of ``plan.program``, one after the other: a column of the inputs comes
    in, or a layer makes a column of outputs. A step begins when all that the one before it gives
    is written, so that no step waits for a value. Times are those of ``plan``.

    Parameters
    ----------
    plan : EnginePlan
        The network, the multipliers, the program.

    Members
    -------
    i : ``In``, stream of single values, column by column
    o : ``Out``, stream of single outputs
    """

    def __init__(self, plan):
        super().__init__(plan)
        # Here, for whoever looks at what each layer gives.
        self.table, self.drain = StepTable(plan), EngineDrain(plan)

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        layers = plan.network.layers
        m.submodules.table = table = self.table
        m.submodules.walk = walk = EngineWalk(plan)
        m.submodules.memory = memory = EngineMemory(plan)
        m.submodules.array = array = EngineArray(plan)
        m.submodules.drain = drain = self.drain
        step = table.step

        begin, loads, done = Signal(), Signal(), Signal()
        sending = Signal()
        keeps = step.keeps if plan.program.sums else Const(0, 1)
        leaves = by_layer(step.layer, [layer.target is None for layer in layers]) & ~keeps
        flushed = Signal(range(plan.drain_cycles))
        load_ends = self._load(m, loads, step, memory)
        with m.FSM() as control:
            with m.State("FETCH"):
                m.next = "FETCHED"
            with m.State("FETCHED"):
                m.next = "BEGIN"
            with m.State("BEGIN"):
                m.d.comb += begin.eq(step.load | ~(leaves & sending))
                with m.If(step.load):
                    m.next = "LOAD"
                with m.Elif(begin):
                    m.next = "RUN"
            with m.State("LOAD"):
                m.d.comb += [loads.eq(1), done.eq(load_ends)]
                with m.If(load_ends):
                    m.next = "FETCH"
            with m.State("RUN"):
                m.d.comb += walk.run.eq(1)
                m.d.sync += flushed.eq(0)
                with m.If(walk.ends):
                    m.next = "FLUSH"
            with m.State("FLUSH"):
                m.d.sync += flushed.eq(flushed + 1)
                with m.If(flushed == plan.drain_cycles - 1):
                    m.d.comb += done.eq(1)
                    m.next = "FETCH"
        self.states = dict(control.encoding)
        m.d.comb += [
            table.advance.eq(done),
            walk.begin.eq(begin),
            walk.step.eq(step),
            drain.begin.eq(begin),
            drain.step.eq(step),
            memory.read_at.eq(walk.at),
            array.weight_at.eq(walk.weight_at),
            array.take.eq(walk.take),
            array.first.eq(walk.first),
            array.last.eq(walk.last),
            array.inputs.eq(memory.values),
            array.start.eq(by_layer(step.layer, [layer.narrowing.start for layer in layers])),
            drain.load.eq(array.done & ~keeps),
            drain.sums.eq(array.sums),
        ]
        if plan.program.sums:
            m.d.comb += [
                array.begin.eq(begin),
                array.resumes.eq(step.resumes),
                array.keeps.eq(step.keeps),
                array.sums_at.eq(step.sums),
            ]
        with m.If(~loads):
            m.d.comb += [
                memory.write.eq((drain.keep & ~leaves).replicate(plan.lanes)),
                memory.write_at.eq(drain.at),
            ]
            m.d.comb += [
                given.eq(value) for given, value in zip(memory.given, drain.values, strict=True)
            ]
        self._send(m, leaves, done & ~loads & leaves, sending)
        return m

    def _load(self, m: Module, loads, step, memory):
        """Write each value where it lies in each order of the inputs; whether the column ends."""
        plan = self.plan
        (first, _), *_ = orders = plan.network.inputs
        base = plan.program.first_value(first, 0)
        number = Signal(range(plan.inputs[0].step_beats))
        held = Signal.like(self.i.payload[0])
        turn = Signal(range(len(orders)))
        here = turn == 0
        m.d.comb += self.i.ready.eq(loads & here)
        goes_on = Signal()
        m.d.comb += goes_on.eq(loads & (~here | self.i.valid))
        places = [
            Array(
                Const(plan.program.first_value(kept, 0) - base + place, len(memory.write_at))
                for place in order
            )[number]
            for kept, order in orders
        ]
        target = Signal.like(memory.write_at)
        m.d.comb += target.eq(step.target + Array(places)[turn])
        with m.If(loads):
            m.d.comb += [
                memory.write.eq(goes_on << target[: plan.lanes.bit_length() - 1]),
                memory.write_at.eq(target),
            ]
            m.d.comb += [
                given.eq(Mux(here, self.i.payload[0], held)) for given in memory.given
            ]
        with m.If(loads & here):
            m.d.sync += held.eq(self.i.payload[0])
        value_ends = goes_on & (turn == len(orders) - 1)
        last = number == plan.inputs[0].step_beats - 1
        with m.If(value_ends):
            m.d.sync += [turn.eq(0), number.eq(Mux(last, 0, number + 1))]
        with m.Elif(goes_on):
            m.d.sync += turn.eq(turn + 1)
        return value_ends & last

    def _send(self, m: Module, leaves, finished, sending) -> None:
        """Outputs of a column wait beside the memory, and leave one by one."""
        drain, plan = self.drain, self.plan
        filters, lanes = plan.network.layers[-1].filters, plan.lanes
        rows = plan.leaving_values // lanes
        m.submodules.leaving = held = Memory(
            shape=drain.values.shape(), depth=rows, init=[], attrs={"ram_style": "distributed"}
        )
        write, read = held.write_port(), held.read_port(domain="comb")
        filter, row = Signal(range(filters)), Signal(range(rows))
        step = Signal()
        bits = lanes.bit_length() - 1
        m.d.comb += [
            write.en.eq(drain.keep & leaves),
            write.addr.eq(drain.at[bits:]),
            write.data.eq(drain.values),
            read.addr.eq(row),
            step.eq(~self.o.valid | self.o.ready),
        ]
        with m.If(finished):
            m.d.sync += sending.eq(1)
        with m.If(step):
            m.d.sync += self.o.valid.eq(sending)
            with m.If(sending):
                position_ends, row_ends = filter == filters - 1, (filter + 1)[:bits] == 0
                m.d.sync += [
                    self.o.payload[0].eq(read.data[filter[:bits]]),
                    filter.eq(Mux(position_ends, 0, filter + 1)),
                ]
                with m.If(position_ends | row_ends):
                    m.d.sync += row.eq(row + 1)
                with m.If(position_ends & (row == rows - 1)):
                    m.d.sync += [row.eq(0), sending.eq(0)]


COMPONENT = EngineComponent
"""What realises the plan beside this module."""
