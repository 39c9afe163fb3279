"""Join: several streams in one."""

from amaranth import Module, Mux, Signal

from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "Join"]


class Join(StageComponent):
    """``o`` has what comes at ``i0``, ``i1`` and so on in turns, each value in the output's format,
    which holds it exactly; see :class:`quant.operations.union.Concatenate`.

    In its turn, an input gives as many transfers as it has along the last axis. Latency: one cycle.
    Throughput: one transfer a cycle. Where turns are of two transfers and of one::

        i0.payload  A   B   C   C   D
        i0.ready    1   1   0   1   1
        i1.payload  X   X   X   -   -
        i1.ready    0   0   1   0   0
        o.payload   -   A   B   X   C
        o.ready     1   1   1   1   1

    Parameters
    ----------
    plan : JoinPlan
        What comes at each input.

    Members
    -------
    i0, i1, ... : ``In``, streams of arrays of ``lanes`` values
    o : ``Out``, stream of arrays of as many values
    """

    def elaborate(self, platform):
        m = Module()
        plan, fraction = self.plan, self.plan.output.format.fraction
        turn = Signal(range(len(plan.inputs)))
        number = Signal(range(max(plan.turns)))
        free = Signal()
        m.d.comb += free.eq(~self.o.valid | self.o.ready)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.Switch(turn):
            for which, (source, part) in enumerate(zip(self.inputs, plan.inputs, strict=True)):
                with m.Case(which):
                    last = number == plan.turns[which] - 1
                    following = (which + 1) % len(plan.inputs)
                    m.d.comb += source.ready.eq(free)
                    with m.If(source.valid & free):
                        m.d.sync += [
                            self.o.valid.eq(1),
                            number.eq(Mux(last, 0, number + 1)),
                            turn.eq(Mux(last, following, which)),
                        ]
                        for lane in range(part.lanes):
                            value = source.payload[lane]
                            shifted = value.shift_left(fraction - part.format.fraction)
                            m.d.sync += self.o.payload[lane].eq(shifted)
        return m


COMPONENT = Join
