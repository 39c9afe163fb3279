"""A cell over time steps in floating point: inputs and states are taken from their range."""

from amaranth import Module, Signal, Value
from amaranth.lib import data

from build_decoder.hdl.floating.dense.mac_array import FloatMacArray
from build_decoder.hdl.floating.recurrent.drain import FloatStepDrain
from build_decoder.hdl.floating.taken import Taken, taken_layout
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.parts.weight_memory import WeightMemory
from build_decoder.hdl.recurrent.component import RecurrentComponent
from build_decoder.hdl.recurrent.control import READ_LATENCY

__all__ = ["FloatRecurrentComponent"]


class FloatRecurrentComponent(RecurrentComponent):
    """As :class:`hdl.recurrent.component.RecurrentComponent`, of codes: what multipliers take is
    taken from its range in a cycle of its own, and sums are exact."""

    DRAIN = FloatStepDrain

    def _weights(self, m: Module) -> WeightMemory:
        sums = self.plan.sums
        return WeightMemory(shape=sums.words.width, rows=sums.weight_rows)

    def _array(self, m: Module, drain: FloatStepDrain) -> FloatMacArray:
        mac = FloatMacArray(self.plan.sums)
        m.d.comb += drain.nan.eq(mac.nan)
        return mac

    def _entering(self, m: Module, walk, beat: Value, operands: Signal) -> tuple[Value, Signal]:
        sums, lanes = self.plan.sums, self.plan.folding.inputs_per_cycle
        taken = Signal(data.ArrayLayout(taken_layout(sums.taken), lanes), reset_less=True)
        filled = sums.channels % lanes or lanes
        ends = delayed(m, walk.last & ~walk.of_state, READ_LATENCY, "input_ends")
        for lane in range(lanes):
            m.submodules[f"taken_{lane}"] = unit = Taken(sums.taken)
            m.d.comb += unit.i.eq(operands[lane])
            m.d.sync += taken[lane].eq(unit.o)
            if lane >= filled:
                # Whatever fills up the last transfer of a column is multiplied with zero.
                m.d.sync += taken[lane].nan.eq(unit.o.nan & ~ends)
        return delayed(m, beat, 1, "beat_taken", flag=True), taken

    def _send(self, m: Module, drain: FloatStepDrain, cell) -> None:
        super()._send(m, drain, cell)
        m.d.comb += cell.nan.eq(drain.of_nan)
