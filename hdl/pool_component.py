"""The base of pools that hand on one of the values of each window, in hardware."""

from amaranth import Module, Signal, Value

from build_decoder.hdl.parts.place import Place
from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from build_decoder.hdl.planning.windows import Windows
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["PoolComponent"]


class PoolComponent(StageComponent):
    """A buffer has what is kept so far of the windows that are open: those of one step. It goes out
    with the last transfer of a window.
    """

    def kept(self, first: Value, value: Value, before: Value) -> Value:
        """Of a window, lane by lane, what is kept of the value that comes and of what was kept
        ``before``, which is nothing if it is the ``first``."""
        raise NotImplementedError

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        take, gives = Signal(), Signal()
        m.submodules.group = group = Place(Windows(plan.groups, 1))
        m.submodules.row = row = Place(plan.rows)
        m.submodules.step = step = Place(plan.steps)
        m.submodules.open = held = ReplayBuffer(
            self.i.payload.shape(), beats=plan.rows.windows * plan.groups
        )
        m.d.comb += [
            gives.eq(row.last & step.last),
            self.i.ready.eq(~gives | ~self.o.valid | self.o.ready),
            take.eq(self.i.valid & self.i.ready),
            group.step.eq(take),
            row.step.eq(take & group.ends),
            step.step.eq(take & group.ends & row.ends),
            held.write.eq(take),
            held.beat.eq(row.window * plan.groups + group.window),
            held.next_beat.eq(row.next_window * plan.groups + group.next_window),
        ]
        first = row.first & step.first
        for lane in range(plan.tensor.lanes):
            kept = self.kept(first, self.i.payload[lane], held.replayed[lane])
            m.d.comb += held.data[lane].eq(kept)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(take & gives):
            m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(held.data)]
        return m
