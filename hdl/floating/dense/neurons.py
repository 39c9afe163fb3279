"""Neurons in floating point: inputs are taken from their range in front of them."""

from amaranth import Module, Signal, Value
from amaranth.lib import data, wiring

from build_decoder.hdl.floating.dense.drain import FloatDrain
from build_decoder.hdl.floating.dense.mac_array import FloatMacArray
from build_decoder.hdl.floating.taken import Taken, taken_layout
from build_decoder.hdl.parts.neurons import Neurons
from build_decoder.hdl.parts.weight_memory import WeightMemory

__all__ = ["FloatNeurons"]


class FloatNeurons(Neurons):
    """As :class:`hdl.parts.neurons.Neurons`, a cycle later: inputs are taken from their range, all
    neurons' together, and registered."""

    def _entering(self, m: Module) -> tuple[Value, Value, Value, Value]:
        plan = self.plan
        names = ("take", "first", "last")
        take, first, last = (Signal(name=f"{name}_taken") for name in names)
        m.d.sync += [take.eq(self.take), first.eq(self.first), last.eq(self.last)]
        lanes = plan.folding.inputs_per_cycle
        taken = Signal(data.ArrayLayout(taken_layout(plan.taken), lanes))
        filled = plan.input_count % lanes or lanes
        for lane in range(lanes):
            m.submodules[f"taken_{lane}"] = unit = Taken(plan.taken)
            m.d.comb += unit.i.eq(self.inputs[lane])
            m.d.sync += taken[lane].eq(unit.o)
            if lane >= filled:
                # Whatever fills up the last transfer is multiplied with zero.
                m.d.sync += taken[lane].nan.eq(unit.o.nan & ~self.last)
        return take, first, last, taken

    def _summing(self, m: Module, ends: Value) -> tuple[wiring.Component, FloatDrain]:
        mac, drain = FloatMacArray(self.plan), FloatDrain(self.plan)
        m.d.comb += drain.nan.eq(mac.nan)
        return mac, drain

    def _weights(self) -> WeightMemory:
        return WeightMemory(shape=self.plan.words.width, rows=self.plan.weight_rows)
