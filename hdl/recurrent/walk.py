"""Step walk: the order in which inputs and states go to the multipliers."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.recurrent.plan import RecurrentPlan

__all__ = ["StepWalk"]


class StepWalk(wiring.Component):
    """Where the next beat is, which goes on with each ``take``: steps, parts of a step, passes of
    each, and beats of a pass.

    Parameters
    ----------
    plan
        The layer, and how it is folded.

    Members
    -------
    take : ``In``, 1
    beat : ``Out``
        Of the pass.
    of_state : ``Out``, 1
        Whether it takes values of the state, not of the input.
    zero : ``Out``, 1
        Whether these are zero, since it is a frame's first step or, in continuous mode, the first
        one after a reset.
    first, last : ``Out``, 1
        Whether it is the first or the last beat of a pass.
    needs : ``Out``
        Columns of inputs that must be there, beyond those before.
    needs_states : ``Out``
        Values of the state that must be there, beyond those before.
    frees : ``Out``, 1
        Whether a column of inputs is not needed any more when it ends.
    """

    def __init__(self, plan: RecurrentPlan):
        self.plan = plan
        super().__init__(
            {
                "take": In(1),
                "beat": Out(range(max(plan.sums.part_beats))),
                "of_state": Out(1),
                "zero": Out(1),
                "first": Out(1),
                "last": Out(1),
                "needs": Out(range(plan.columns + 1)),
                "needs_states": Out(range(plan.units + 1)),
                "frees": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, sums = self.plan, self.plan.sums
        part, number = Signal(), Signal(range(sums.passes), name="pass")
        step = Signal(1 if plan.continuous else range(plan.layer.steps))
        one, other = sums.part_beats
        pass_last, step_last = number == sums.passes - 1, step == plan.layer.steps - 1
        # In continuous mode, no step but one after a reset is a first one.
        next_step = 1 if plan.continuous else Mux(step_last, 0, step + 1)
        begins = Signal()
        m.d.comb += [
            self.of_state.eq(part ^ sums.state_first),
            self.first.eq(self.beat == 0),
            self.last.eq(self.beat == Mux(part, other - 1, one - 1)),
            self.zero.eq(step == 0),
            self.frees.eq(self.last & pass_last & ~self.of_state),
        ]
        with m.If(self.take):
            m.d.sync += self.beat.eq(Mux(self.last, 0, self.beat + 1))
            with m.If(self.last):
                m.d.sync += number.eq(Mux(pass_last, 0, number + 1))
                with m.If(pass_last):
                    m.d.sync += part.eq(~part)
                    with m.If(part):
                        m.d.sync += step.eq(next_step)

        # A frame's first step waits for its column before anything else.
        waiting_part = ~part
        if plan.ahead:
            waiting_part = Mux(self.zero, ~part, part)
        m.d.comb += begins.eq(self.first & (number == 0) & waiting_part)
        if plan.reversed:
            begins = begins & self.zero
        last_states = plan.states_of(sums.state_beats - 1)
        every = plan.states_of(0)
        takes_states = self.of_state & (number == 0) & ~self.zero
        m.d.comb += [
            self.needs.eq(Mux(begins, plan.columns if plan.reversed else 1, 0)),
            self.needs_states.eq(
                Mux(takes_states, Mux(self.last, last_states, every), 0)
            ),
        ]
        return m
