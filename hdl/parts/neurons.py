"""Neurons: weights, multipliers and drain, behind whatever brings the inputs of each pass."""

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.dense.neurons_plan import NeuronsPlan
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.memory_port import MemoryPort
from build_decoder.hdl.parts.drain import Drain
from build_decoder.hdl.parts.finished_sums import FinishedSums
from build_decoder.hdl.parts.mac_array import MacArray
from build_decoder.hdl.parts.weight_memory import WeightMemory
from build_decoder.hdl.parts.writable_weight_memory import WritableWeightMemory
from build_decoder.hdl.shapes import shape_of

__all__ = ["Neurons", "stored_weights"]


class Neurons(wiring.Component):
    """Outputs of a dense layer, of inputs that come pass after pass without flow control.

    Inputs that come with ``take`` enter in that cycle, ``plan.beats`` of them a pass and
    ``plan.passes`` a frame; none may come without ``ready``, which goes away only while the
    memories change their banks. ``done`` is high in the cycle in which the last sums of a pass
    leave. A pass that has ended and another one, or its last inputs if the layer is
    double-buffered, must wait for that; with ``plan.places``, as many passes may have ended before
    one does. The first outputs of a pass are offered
    ``plan.sums_latency + plan.drain_latency`` cycles after its last inputs.

    Parameters
    ----------
    plan
        The dense layer, how it is folded, and what follows from that.

    Members
    -------
    take, first, last : ``In``, 1
        Whether inputs enter, and are the first or the last ones of a pass.
    inputs : ``In``, array of ``inputs_per_cycle`` inputs
    ready, done : ``Out``, 1
    o : ``Out``, stream of arrays of ``lanes`` outputs
    memory_weight, memory_bias : ``In``, ports of the memories, if it is reloadable
    """

    def __init__(self, plan: NeuronsPlan):
        self.plan = plan
        p = plan.parameters
        inputs = data.ArrayLayout(shape_of(p.input), plan.folding.inputs_per_cycle)
        outputs = data.ArrayLayout(shape_of(p.output), plan.lanes)
        super().__init__(
            {
                "take": In(1),
                "first": In(1),
                "last": In(1),
                "inputs": In(inputs),
                "ready": Out(1),
                "done": Out(1),
                "o": Out(stream.Signature(outputs)),
                **{f"memory_{memory.role}": In(MemoryPort(memory)) for memory in plan.memories},
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, p = self.plan, self.plan.parameters
        take, first, last, inputs = self._entering(m)
        ends = take & last
        m.submodules.mac, m.submodules.drain = mac, drain = self._summing(m, ends)
        m.submodules.weights = weights = self._weights()
        if plan.reloadable:
            wiring.connect(m, wiring.flipped(self.memory_weight), weights.memory)
            wiring.connect(m, wiring.flipped(self.memory_bias), drain.memory)
        m.d.comb += [
            self.ready.eq(weights.ready),
            self.done.eq(drain.done),
            weights.advance.eq(take),
            mac.valid.eq(take),
            mac.first.eq(first),
            mac.inputs.eq(inputs),
            mac.load.eq(weights.load),
            mac.weights.eq(weights.weights),
        ]
        finished = ends
        for stage in range(mac.latency - (not plan.double_buffered)):
            finished_after = Signal(name=f"finished_{stage}")
            m.d.sync += finished_after.eq(finished)
            finished = finished_after
        dropped = p.exact.width - p.captured.width
        captured = Cat(exact[dropped:] for exact in mac.sums)
        if plan.places > 1:
            m.submodules.finished = waiting = FinishedSums(plan.places, len(captured))
            m.d.comb += [
                waiting.finished.eq(finished),
                waiting.data.eq(captured),
                waiting.done.eq(drain.done),
            ]
            finished, captured = waiting.load, waiting.sums
        m.d.comb += [drain.load.eq(finished), drain.sums.as_value().eq(captured)]
        wiring.connect(m, drain.o, wiring.flipped(self.o))
        return m

    def _entering(self, m: Module) -> tuple[Value, Value, Value, Value]:
        """What the multipliers take of ``take``, ``first``, ``last`` and ``inputs``, and when."""
        return self.take, self.first, self.last, self.inputs

    def _summing(self, m: Module, ends: Value) -> tuple[wiring.Component, Drain]:
        """What sums, and what drains the sums; ``ends`` is high with a pass's last inputs."""
        mac, drain = MacArray(self.plan), Drain(self.plan)
        m.d.comb += mac.clear.eq(ends if self.plan.double_buffered else drain.done)
        return mac, drain

    def _weights(self) -> WeightMemory | WritableWeightMemory:
        """The memory of weights."""
        return stored_weights(self.plan)


def stored_weights(plan: DensePlan) -> WeightMemory | WritableWeightMemory:
    """The memory of a layer's weights, a row a beat."""
    p = plan.parameters
    if not plan.reloadable:
        return WeightMemory(shape=shape_of(p.weight), rows=plan.weight_rows)
    return WritableWeightMemory(
        shape=shape_of(p.weight),
        layout=(plan.folding.inputs_per_cycle, plan.neurons),
        memory=plan.written_weights,
        rows=plan.weight_bits(p.weights),
    )
