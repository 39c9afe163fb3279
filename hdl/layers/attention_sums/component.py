"""Sums of an attention over time steps in hardware."""

from amaranth import Array, Const, Module, Mux, Signal, Value

from build_decoder.hdl.layers.attention.weighing import Weighed, WeighingComponent
from build_decoder.hdl.layers.attention_sums.plan import AttentionSumsPlan
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.shapes import shape_of

__all__ = ["COMPONENT", "AttentionSumsComponent"]


class AttentionSumsComponent(WeighingComponent):
    """``o[c] = sum over t of p[t] * i[t, c]``, with the power ``p[t]`` of the score of step ``t``,
    and a further channel whose ``i`` is 1 in all steps; see
    :class:`quant.operations.attend_sums.AttendSums`.

    Values of a step are multiplied with the weights of scores as they come, and kept. When the
    step's power is there, the same multipliers make products of the values with it, and of 1, for
    a sum a channel in a memory; the next step waits for that. The last step's sums are narrowed and
    go out as they are made. While one waits outside, the next one waits behind it, and no more are
    made.

    A step of ``g`` transfers takes ``2 g + 4`` cycles, where powers take 2, and one more where all
    of them are full. From the last value to the first sum it is 7 cycles. Several channels a
    cycle add the levels of an adder tree to both. Frames follow each other without a gap.

    Of two channels and two steps with powers 1 and 3. With ``x`` the values are multiplied with
    weights, and with ``p`` with powers::

        i.payload    4  1  -  -  -  -  -  -  -  6  5  -  -  -  -  -  -  -  -  -  -
        i.ready      1  1  0  0  0  0  0  0  0  1  1  0  0  0  0  0  0  0  1  1  1
        product of   x  x  -  -  -  -  p  p  p  x  x  -  -  -  -  p  p  p  -  -  -
        o.valid      0  0  0  0  0  0  0  0  0  0  0  0  0  0  0  0  0  1  1  1  0
        o.payload    -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  - 22 16  4  -

    Parameters
    ----------
    plan : AttentionSumsPlan
        The attention, how it is folded, and what follows from that.

    Members
    -------
    i : ``In``, stream of arrays of channels of a step
    o : ``Out``, stream of arrays of ``lanes`` sums
    """

    def ending(self, m: Module) -> "_Sent":
        return _Sent(self.plan, self.o)

    def kept(self, value: Value) -> Value:
        return value

    def scored(self, value: Value) -> Value:
        return value

    def weighed(self, kept: Value, row: Value, lane: int) -> Value:
        attend, (row_of_one, lane_of_one) = self.plan.layer.attend, self.plan.one
        value = kept.as_signed() if attend.input.signed else kept
        value = value.shift_left(max(-attend.input.fraction, 0))
        return Mux(row == row_of_one, attend.one, value) if lane == lane_of_one else value


class _Sent:
    """Sums of a frame's last step are narrowed and sent.

    A row's products take a cycle, in which the transfer before it may come to a halt: then its sums
    wait in a register until that is taken.
    """

    free = Const(1)

    def __init__(self, plan: AttentionSumsPlan, o):
        self.plan, self.o = plan, o
        self.start = plan.start
        self.moves = ~o.valid | o.ready
        self.stays = Signal()

    def take(self, m: Module, reserve: Value, weighed: Weighed) -> None:
        plan, o = self.plan, self.o
        width = plan.weighted_width
        sums = [
            weighed.sums[start : start + width] for start in range(0, len(weighed.sums), width)
        ]
        if plan.lanes < len(sums):
            sums = [self._selected(m, weighed, sums)]
        narrowed = []
        for lane, total in enumerate(sums):
            m.submodules[f"narrow_{lane}"] = narrow = Requantiser(plan.narrowing)
            m.d.comb += narrow.i.eq(total)
            narrowed.append(narrow.o)
        full = Signal()
        held = [Signal(shape_of(plan.layer.output), name=f"held_{n}") for n in range(plan.lanes)]
        with m.If(self.moves):
            m.d.sync += [o.valid.eq(full | weighed.done), full.eq(0)]
            m.d.sync += [
                lane.eq(Mux(full, waits, new))
                for lane, waits, new in zip(o.payload, held, narrowed, strict=True)
            ]
        with m.Elif(weighed.done):
            m.d.sync += full.eq(1)
            m.d.sync += [waits.eq(new) for waits, new in zip(held, narrowed, strict=True)]

    def _selected(self, m: Module, weighed: Weighed, sums: list[Value]) -> Value:
        """Sums of a row one after the other, for which the row stays."""
        lane, lane_then = Signal(range(len(sums))), Signal(range(len(sums)))
        last = Signal.like(lane)
        in_last_row = weighed.row == self.plan.rows - 1
        m.d.comb += [
            last.eq(Mux(in_last_row, self.plan.last_row_values - 1, len(sums) - 1)),
            self.stays.eq(lane != last),
        ]
        m.d.sync += lane_then.eq(lane)
        with m.If(weighed.weighs & weighed.last):
            m.d.sync += lane.eq(Mux(self.stays, lane + 1, 0))
        return Array(sums)[lane_then]


COMPONENT = AttentionSumsComponent
"""What realises the plan beside this module."""
