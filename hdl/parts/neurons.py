"""Neurons: weights, multipliers and drain, behind whatever brings the inputs of each pass."""

from amaranth import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

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

    def __init__(self, plan: DensePlan):
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
        m.submodules.mac = mac = MacArray(plan)
        m.submodules.drain = drain = Drain(plan)
        m.submodules.weights = weights = stored_weights(plan)
        if plan.reloadable:
            wiring.connect(m, wiring.flipped(self.memory_weight), weights.memory)
            wiring.connect(m, wiring.flipped(self.memory_bias), drain.memory)
        ends = self.take & self.last
        m.d.comb += [
            self.ready.eq(weights.ready),
            self.done.eq(drain.done),
            weights.advance.eq(self.take),
            mac.valid.eq(self.take),
            mac.first.eq(self.first),
            mac.clear.eq(ends if plan.double_buffered else drain.done),
            mac.inputs.eq(self.inputs),
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
