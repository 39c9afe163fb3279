"""Decision for one of several classes in hardware."""

from amaranth import Const, Module, Mux, Signal, Value

from build_decoder.hdl.shapes import ordered
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "DecisionComponent"]


class DecisionComponent(StageComponent):
    """``o = index of the largest i``; of equals, of the first one.

    Where values come one by one, the largest value so far and its index are kept. Latency: one
    cycle from the last value. Throughput: one value a cycle, or all of a frame; the last one of a
    frame waits while a decision is offered and not taken. Of three classes::

        i.payload   2   7   7   5   4   1   -
        i.ready     1   1   1   1   1   1   1
        o.valid     0   0   0   1   0   0   1
        o.payload   -   -   -   1   -   -   0

    Parameters
    ----------
    plan : DecisionPlan
        Format and number of the values.

    Members
    -------
    i : ``In``, stream of arrays of one value, or of all
    o : ``Out``, stream of arrays of one index
    """

    def elaborate(self, platform):
        m = Module()
        if self.plan.lanes > 1:
            self._decide_at_once(m)
        else:
            self._decide_by_turns(m)
        return m

    def _decide_at_once(self, m: Module) -> None:
        moves = ~self.o.valid | self.o.ready
        values = [ordered(value, self.plan.layer.input) for value in self.i.payload]
        best = list(zip(values, map(Const, range(len(values))), strict=True))
        while len(best) > 1:
            pairs = zip(best[::2], best[1::2], strict=False)
            best = [_larger(*pair) for pair in pairs] + best[len(best) // 2 * 2 :]
        m.d.comb += self.i.ready.eq(moves)
        with m.If(moves):
            m.d.sync += [self.o.valid.eq(self.i.valid), self.o.payload[0].eq(best[0][1])]

    def _decide_by_turns(self, m: Module) -> None:
        value = ordered(self.i.payload[0], self.plan.layer.input)
        index, best = Signal(self.o.payload[0].shape()), Signal(self.o.payload[0].shape())
        largest = Signal(value.shape())
        take, last, larger, decided = Signal(), Signal(), Signal(), Signal.like(best)
        m.d.comb += [
            last.eq(index == self.plan.layer.classes - 1),
            self.i.ready.eq(~last | ~self.o.valid | self.o.ready),
            take.eq(self.i.valid & self.i.ready),
            larger.eq((index == 0) | (value > largest)),
            decided.eq(Mux(larger, index, best)),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(take):
            m.d.sync += [index.eq(Mux(last, 0, index + 1)), best.eq(decided)]
            with m.If(larger):
                m.d.sync += largest.eq(value)
            with m.If(last):
                m.d.sync += [self.o.valid.eq(1), self.o.payload[0].eq(decided)]


def _larger(first: tuple[Value, Value], second: tuple[Value, Value]) -> tuple[Value, Value]:
    """The pair of a value and an index whose value is larger; of equals, the first one."""
    larger = second[0] > first[0]
    return tuple(Mux(larger, b, a) for a, b in zip(first, second, strict=True))


COMPONENT = DecisionComponent
"""What realises the plan beside this module."""
