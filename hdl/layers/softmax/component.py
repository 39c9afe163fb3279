"""Softmax in hardware."""

from amaranth import Module, Mux, Signal

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.parts.group_division import GroupDivision
from build_decoder.hdl.parts.row_memory import RowMemory
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "SoftmaxComponent"]


class SoftmaxComponent(StageComponent):
    """``o = p / sum(p)`` with ``p = exp(i - max(i))`` along the last axis; see
    :class:`quant.operations.normalise.Normalise`.

    Values are kept as they come, and the largest of them. Then each goes through the exponential,
    less the largest; powers are kept for the divider, and summed. Shares leave one by one, while
    the next values come in.

    Of ``n`` values, powers take as many cycles again. From the last value to the last share it is
    ``n + 3`` cycles, those of the exponential, and ``n (q + 1)`` for shares of ``q`` bits.
    Of two values, whose powers take 2 cycles, and of shares of 3 bits, of which the lowest one is
    rounded; ``p`` are powers at the divider's memory, and ``d`` bits of shares::

        i.payload   3 1 - - - - - - - - - - - - - - -
        i.ready     1 1 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1
        powers      - - - - p p - - - - - - - - - - -
        dividing    - - - - - - - d d d - d d d - - -
        o.valid     0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 1

    Parameters
    ----------
    plan : SoftmaxPlan
        Formats and shape.

    Members
    -------
    i : ``In``, stream of arrays of one value
    o : ``Out``, stream of arrays of one share
    """

    def elaborate(self, platform):
        m = Module()
        plan, normalise = self.plan, self.plan.layer.normalise
        count, value = plan.count, self.i.payload[0]
        m.submodules.kept = kept = RowMemory(count, normalise.input.width)
        m.submodules.division = division = GroupDivision(plan.quotients)
        kind = activation_component(normalise.power)
        m.submodules.power = power = kind(normalise.power)

        place, next_place = Signal(range(count)), Signal(range(count))
        waiting, raising, take, begins = Signal(), Signal(), Signal(), Signal()
        last = place == count - 1
        largest = Signal(value.shape())
        m.d.comb += [
            self.i.ready.eq(~waiting & ~raising),
            take.eq(self.i.valid & self.i.ready),
            next_place.eq(Mux(take | raising, Mux(last, 0, place + 1), place)),
            begins.eq(((take & last) | waiting) & division.free),
            division.reserve.eq(begins),
            kept.write.eq(take),
            kept.row.eq(place),
            kept.next_row.eq(next_place),
            kept.data.eq(value),
        ]
        m.d.sync += place.eq(next_place)
        with m.If(take & ((place == 0) | (value > largest))):
            m.d.sync += largest.eq(value)
        with m.If(raising & last):
            m.d.sync += raising.eq(0)
        with m.If(take & last):
            m.d.sync += waiting.eq(1)
        with m.If(begins):
            m.d.sync += [waiting.eq(0), raising.eq(1)]

        before = kept.read.as_signed() if normalise.input.signed else kept.read
        m.d.comb += [power.en.eq(1), power.i.eq(before - largest)]
        there, at = raising, place
        for stage in range(plan.power_latency):
            there_after = Signal(name=f"there_{stage}")
            at_after = Signal.like(place, name=f"at_{stage}")
            m.d.sync += [there_after.eq(there), at_after.eq(at)]
            there, at = there_after, at_after
        m.d.comb += [
            division.write.eq(there),
            division.row.eq(at),
            division.numerators.eq(power.o),
            division.load.eq(there),
            division.next_denominator.eq(Mux(at == 0, 0, division.denominator) + power.o),
            division.o.ready.eq(self.o.ready),
            self.o.valid.eq(division.o.valid),
            self.o.payload.eq(division.o.payload),
        ]
        return m


COMPONENT = SoftmaxComponent
"""What realises the plan beside this module."""
