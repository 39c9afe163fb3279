"""Dense layer component: control, weights, MAC array and drain (AHEAD, Figure 6)."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring

from build_decoder.hdl.parts.drain import Drain
from build_decoder.hdl.parts.mac_array import MacArray
from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from build_decoder.hdl.parts.weight_memory import WeightMemory
from build_decoder.hdl.parts.writable_weight_memory import WritableWeightMemory
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "DenseComponent"]


class DenseComponent(StageComponent):
    """``o = activation(x @ weights + bias)`` of each frame; see :class:`quant.dense.Dense`.

    A frame is ``ceil(inputs / inputs_per_cycle)`` transfers in and ``ceil(units / lanes)`` out;
    lanes that the last transfer has to spare are not looked at. The first pass takes inputs from
    the stream; later passes, for the neurons that are left, take them from a replay buffer. Inputs
    of the next frame enter while sums of this one are drained. Times are those of ``plan``.

    Parameters
    ----------
    plan : DensePlan
        The dense layer, how it is folded, and what follows from that.

    Members
    -------
    i : ``In``, stream of arrays of ``inputs_per_cycle`` inputs
    o : ``Out``, stream of arrays of ``lanes`` outputs
    memory_weight, memory_bias : ``In``, ports of the memories, if it is reloadable
    """

    def elaborate(self, platform):
        m = Module()
        plan, p = self.plan, self.plan.parameters
        m.submodules.mac = mac = MacArray(plan)
        m.submodules.drain = drain = Drain(plan)
        if plan.reloadable:
            memory, _ = plan.memories
            weights = WritableWeightMemory(
                shape=shape_of(p.weight),
                layout=(plan.folding.inputs_per_cycle, plan.neurons),
                memory=memory,
                rows=plan.contents(p)[0],
            )
            wiring.connect(m, wiring.flipped(self.memory_weight), weights.memory)
            wiring.connect(m, wiring.flipped(self.memory_bias), drain.memory)
        else:
            weights = WeightMemory(shape=shape_of(p.weight), rows=plan.weight_rows)
        m.submodules.weights = weights

        beat = Signal(range(plan.beats))
        next_beat = Signal(range(plan.beats))
        replaying = Signal()
        first, last = beat == 0, beat == plan.beats - 1
        busy = Signal()
        may_take = Signal()
        take = Signal()
        m.d.comb += [
            may_take.eq(weights.ready & ~(busy & (last if plan.double_buffered else first))),
            self.i.ready.eq(may_take & ~replaying),
            take.eq(may_take & (self.i.valid | replaying)),
            next_beat.eq(Mux(take, Mux(last, 0, beat + 1), beat)),
            weights.advance.eq(take),
            mac.valid.eq(take),
            mac.first.eq(first),
            mac.clear.eq(take & last if plan.double_buffered else drain.done),
            mac.inputs.eq(self.i.payload),
            mac.load.eq(weights.load),
            mac.weights.eq(weights.weights),
        ]
        m.d.sync += beat.eq(next_beat)
        if plan.passes > 1:
            number = Signal(range(plan.passes))
            with m.If(take & last):
                last_pass = number == plan.passes - 1
                m.d.sync += [
                    number.eq(Mux(last_pass, 0, number + 1)),
                    replaying.eq(~last_pass),
                ]
            m.submodules.replay = replay = ReplayBuffer(self.i.payload.shape(), beats=plan.beats)
            m.d.comb += [
                replay.write.eq(take & ~replaying),
                replay.beat.eq(beat),
                replay.next_beat.eq(next_beat),
                replay.data.eq(self.i.payload),
            ]
            with m.If(replaying):
                m.d.comb += mac.inputs.eq(replay.replayed)

        finished = take & last
        for stage in range(mac.latency - (not plan.double_buffered)):
            finished_after = Signal(name=f"finished_{stage}")
            m.d.sync += finished_after.eq(finished)
            finished = finished_after
        m.d.comb += drain.load.eq(finished)
        with m.If(drain.done):
            m.d.sync += busy.eq(0)
        with m.If(take & last):
            m.d.sync += busy.eq(1)

        dropped = p.exact.width - p.captured.width
        for captured, exact in zip(drain.sums, mac.sums, strict=True):
            m.d.comb += captured.eq(exact >> dropped)
        wiring.connect(m, drain.o, wiring.flipped(self.o))
        return m


COMPONENT = DenseComponent
"""What realises the plan beside this module."""
