"""Drain of the sums of stacked layers: those of states wait for those of inputs."""

from amaranth import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import Out

from build_decoder.hdl.recurrent.drain import StepDrain
from build_decoder.hdl.stack.plan import StackPlan

__all__ = ["StackDrain"]


class StackDrain(StepDrain):
    """As a :class:`~hdl.recurrent.drain.StepDrain`, for the layers in turn: sums of the states of
    all of them, then those of their inputs.

    Parameters
    ----------
    plan : StackPlan
        The layers, and how they are folded.

    Members
    -------
    layer : ``Out``
        Number of the layer whose sums come out with ``valid``.
    begins : ``Out``, 1
        Whether the first sums of the last layer's input are to leave.
    """

    def __init__(self, plan: StackPlan):
        super().__init__(plan, {"layer": Out(plan.layer_bits)})

    def elaborate(self, platform):
        m = Module()
        plan, sums, cells = self.plan, self.plan.sums, self.plan.cells
        draining, of_input = Signal(), Signal()
        leaving = Signal()
        gate, unit = Signal(range(plan.gates)), Signal(plan.unit_bits)
        layer, step = Signal(plan.layer_bits), Signal(range(plan.layer.steps))
        index = Signal(range(sums.neurons))
        last_units = [cell.units - 1 for cell in cells]
        last_of_layer = Const(last_units[0])
        if len({*last_units}) > 1:
            last_of_layer = Array(map(Const, last_units))[layer]
        unit_last, last_unit = gate == plan.gates - 1, unit == last_of_layer
        last_layer, last_step = layer == len(cells) - 1, step == plan.layer.steps - 1
        ends, row = unit_last & last_unit, Cat(gate, unit, layer)
        may_leave = draining & ~self._resting(m, leaving & of_input & unit_last)
        begins = (unit == 0) & (gate == 0) & last_layer
        m.d.comb += [
            self.begins.eq(may_leave & of_input & begins),
            self.sent.eq(1 if plan.layer.sequences else last_step),
            leaving.eq(may_leave & ~self.hold),
            self.done.eq(leaving & ((index == sums.neurons - 1) | ends)),
        ]
        m.d.sync += [
            self.valid.eq(leaving & of_input),
            self.row.eq(row),
            self.layer.eq(layer),
            self.starts.eq(step == 0),
        ]
        with m.If(leaving):
            m.d.sync += [
                index.eq(Mux(self.done, 0, index + 1)),
                gate.eq(Mux(unit_last, 0, gate + 1)),
            ]
            with m.If(unit_last):
                m.d.sync += unit.eq(Mux(last_unit, 0, unit + 1))
            with m.If(ends):
                m.d.sync += layer.eq(Mux(last_layer, 0, layer + 1))
                with m.If(last_layer):
                    m.d.sync += of_input.eq(~of_input)
                    with m.If(of_input):
                        m.d.sync += step.eq(Mux(last_step, 0, step + 1))
        first = leaving & ~of_input, row
        self._leave(m, platform, draining, index, first, (self.of_state, self.of_input))
        return m
