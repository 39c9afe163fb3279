"""Division of the sums of a frame, group by group."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.attention.plan import AttentionPlan
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.parts.row_memory import RowMemory
from build_decoder.hdl.parts.serial_divider import SerialDivider
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stage_component import layout_of

__all__ = ["GroupDivision"]


class GroupDivision(wiring.Component):
    """Keeps the sums of a frame and its sum of powers, and sends the quotients.

    ``free`` goes away after ``reserve``, and is there again when the frame's last quotients are;
    sums are written in between, row after row. A cycle after the last one, dividers take the first
    row. Quotients are narrowed, and sent from registers of their own, ``lanes`` a transfer.

    Parameters
    ----------
    plan
        The attention.

    Members
    -------
    free : ``Out``, 1
    reserve, write, total_load : ``In``, 1
    row : ``In``, ``range(groups)``
    sums : ``In``, a row of sums
    total : ``In``, the sum of powers, kept with ``total_load``
    o : ``Out``, stream of arrays of ``lanes`` means
    """

    def __init__(self, plan: AttentionPlan):
        self.plan = plan
        super().__init__(
            {
                "free": Out(1, init=1),
                "reserve": In(1),
                "write": In(1),
                "row": In(range(plan.groups)),
                "sums": In(plan.weighted_width * plan.folding.inputs_per_cycle),
                "total_load": In(1),
                "total": In(plan.total_width),
                "o": Out(stream.Signature(layout_of(plan.output))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, groups = self.plan, self.plan.groups
        division = plan.division
        m.submodules.finished = finished = RowMemory(groups, len(self.sums))
        group = Signal(range(groups))
        total = Signal(plan.total_width)
        bit = Signal(range(division.bits + 1))
        pending, busy, ends, full = Signal(), Signal(), Signal(), Signal()
        load, done = Signal(), Signal()
        computed = bit == division.bits
        m.d.comb += [
            finished.write.eq(self.write),
            finished.row.eq(self.row),
            finished.data.eq(self.sums),
            finished.next_row.eq(group),
            done.eq(busy & computed & ~full),
            load.eq(Mux(busy, done & ~ends, pending)),
        ]
        with m.If(self.total_load):
            m.d.sync += total.eq(self.total)
        with m.If(self.reserve):
            m.d.sync += self.free.eq(0)
        with m.If(self.write & (self.row == groups - 1)):
            m.d.sync += pending.eq(1)
        with m.If(busy & ~computed):
            m.d.sync += bit.eq(bit + 1)
        with m.If(done & ends):
            m.d.sync += [busy.eq(0), self.free.eq(1)]
        with m.If(load):
            m.d.sync += [
                busy.eq(1),
                bit.eq(0),
                ends.eq(group == groups - 1),
                group.eq(Mux(group == groups - 1, 0, group + 1)),
            ]
            with m.If(~busy):
                m.d.sync += pending.eq(0)

        quotients = []
        width = plan.weighted_width
        for lane in range(plan.folding.inputs_per_cycle):
            m.submodules[f"divider_{lane}"] = divider = SerialDivider(division)
            m.submodules[f"narrow_{lane}"] = narrow = Requantiser(plan.narrowing)
            m.d.comb += [
                divider.load.eq(load),
                divider.step.eq(busy & ~computed),
                divider.numerator.eq(finished.read[lane * width : (lane + 1) * width]),
                divider.denominator.eq(total),
            ]
            quotient = divider.quotient
            if plan.narrowing.source.signed:
                # Moved down again, which turns the highest bit.
                quotient = Cat(quotient[:-1], ~quotient[-1]).as_signed()
            m.d.comb += narrow.i.eq(quotient)
            mean = narrow.o
            if plan.zero_total:
                mean = Mux(total == 0, 0, narrow.o)
            quotients.append(mean)
        self._send(m, quotients, done, ends, full)
        return m

    def _send(self, m: Module, quotients, done, ends, full) -> None:
        """Quotients that are done into registers, and from these out."""
        plan = self.plan
        shape = shape_of(plan.layer.output)
        held = [Signal(shape, name=f"held_{n}") for n in range(len(quotients))]
        *_, last = counts = plan.transfers
        left = Signal(range(max(counts)))
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += self.o.valid.eq(full)
            with m.If(full):
                m.d.sync += [
                    *(lane.eq(held[n]) for n, lane in enumerate(self.o.payload)),
                    *(held[n].eq(after) for n, after in enumerate(held[plan.lanes :])),
                    full.eq(left != 0),
                    left.eq(left - 1),
                ]
        with m.If(done):
            m.d.sync += [
                *(value.eq(quotient) for value, quotient in zip(held, quotients, strict=True)),
                full.eq(1),
                left.eq(Mux(ends, last - 1, counts[0] - 1)),
            ]


