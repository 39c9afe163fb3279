"""Walk over the parts of a step of stacked layers."""

from amaranth import Array, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.stack.plan import StackPlan

__all__ = ["StackWalk"]


class StackWalk(wiring.Component):
    """Where the next beat is, which goes on with each ``take``: steps, parts of a step, passes of
    each, and beats of a pass.

    Members
    -------
    take : ``In``, 1
    beat : ``Out``
        Of the pass.
    state : ``Out``
        The layer whose state is read.
    of_column : ``Out``, 1
        Whether it takes values of a column of inputs, not of a state.
    zero : ``Out``, 1
        Whether these are zero, since it is a frame's first step.
    first, last : ``Out``, 1
        Whether it is the first or the last beat of a pass.
    needs : ``Out``, 1
        Whether a column of inputs must be there, beyond those before.
    needs_states : ``Out``
        Values of the state that must be there, beyond those before.
    frees : ``Out``, 1
        Whether a column of inputs is not needed any more when it ends.
    """

    def __init__(self, plan: StackPlan):
        self.plan = plan
        most = max(map(plan.sums.beats_of, plan.sums.parts))
        super().__init__(
            {
                "take": In(1),
                "beat": Out(range(most)),
                "state": Out(plan.layer_bits),
                "of_column": Out(1),
                "zero": Out(1),
                "first": Out(1),
                "last": Out(1),
                "needs": Out(1),
                "needs_states": Out(range(plan.folding.inputs_per_cycle + 1)),
                "frees": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, parts, top = self.plan, self.plan.sums.parts, len(self.plan.cells) - 1
        layer, of_input = Signal(range(top + 1)), Signal()
        number = Signal(range(max(len(plan.sums.groups_of(part)) for part in parts)))
        step = Signal(range(plan.layer.steps))

        def of_part(values: list[int]) -> Value:
            """That of ``values``, in order of the parts, which belongs to the part."""
            if len({*values}) == 1:
                return Const(values[0])
            of_state, of_columns = values[: top + 1], values[top + 1 :]
            return Mux(of_input, _at(of_columns, layer), _at(of_state, layer))

        pass_last = number == of_part([len(plan.sums.groups_of(part)) - 1 for part in parts])
        step_last, layer_last = step == plan.layer.steps - 1, layer == top
        m.d.comb += [
            self.state.eq(of_part([part.layer - (not part.of_state) for part in parts])),
            self.of_column.eq(of_input & (layer == 0)),
            self.zero.eq(~of_input & (step == 0)),
            self.first.eq(self.beat == 0),
            self.last.eq(self.beat == of_part([plan.sums.beats_of(part) - 1 for part in parts])),
            self.frees.eq(self.last & pass_last & self.of_column),
        ]
        with m.If(self.take):
            m.d.sync += self.beat.eq(Mux(self.last, 0, self.beat + 1))
            with m.If(self.last):
                m.d.sync += number.eq(Mux(pass_last, 0, number + 1))
                with m.If(pass_last):
                    m.d.sync += layer.eq(Mux(layer_last, 0, layer + 1))
                    with m.If(layer_last):
                        m.d.sync += of_input.eq(~of_input)
                        with m.If(of_input):
                            m.d.sync += step.eq(Mux(step_last, 0, step + 1))

        begins = (number == 0) & (layer == 0)
        # A frame's first step waits for its column before anything else.
        m.d.comb += self.needs.eq(self.first & begins & (of_input ^ (step == 0)))
        states = [plan.taken_state(part) for part in parts]
        waits = of_part([state is not None for state in states])
        counts = [
            of_part([0 if n is None else plan.states_of(n, beat(n)) for n in states])
            for beat in (lambda n: 0, lambda n: plan.beats_of_state(n) - 1)
        ]
        m.d.comb += self.needs_states.eq(
            Mux(waits & (number == 0) & ~self.zero, Mux(self.last, counts[1], counts[0]), 0)
        )
        return m


def _at(values: list[int], layer: Value) -> Value:
    if len({*values}) == 1:
        return Const(values[0])
    return Array(map(Const, values))[layer]
