"""Dense layer component: control, weights, MAC array and drain (AHEAD, Figure 6)."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring

from build_decoder.hdl.parts.neurons import Neurons
from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from build_decoder.hdl.stage_component import StageComponent, connect_memories

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

    NEURONS: type[Neurons] = Neurons
    """What computes a pass."""

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        m.submodules.neurons = neurons = self.NEURONS(plan)

        beat = Signal(range(plan.beats))
        next_beat = Signal(range(plan.beats))
        replaying = Signal()
        first, last = Signal(init=1), Signal(init=plan.beats == 1)
        busy = Signal()
        may_take = Signal()
        take = Signal()
        m.d.comb += [
            may_take.eq(neurons.ready & ~(busy & (last if plan.double_buffered else first))),
            self.i.ready.eq(may_take & ~replaying),
            take.eq(may_take & (self.i.valid | replaying)),
            next_beat.eq(Mux(take, Mux(last, 0, beat + 1), beat)),
            neurons.take.eq(take),
            neurons.first.eq(first),
            neurons.last.eq(last),
            neurons.inputs.eq(self.i.payload),
        ]
        m.d.sync += beat.eq(next_beat)
        if plan.beats > 1:
            # Registered ahead: all that takes inputs hangs on them.
            with m.If(take):
                m.d.sync += [first.eq(last), last.eq(beat == plan.beats - 2)]
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
                m.d.comb += neurons.inputs.eq(replay.replayed)

        with m.If(neurons.done):
            m.d.sync += busy.eq(0)
        with m.If(take & last):
            m.d.sync += busy.eq(1)
        wiring.connect(m, neurons.o, wiring.flipped(self.o))
        connect_memories(m, self, neurons)
        return m


COMPONENT = DenseComponent
"""What realises the plan beside this module."""
