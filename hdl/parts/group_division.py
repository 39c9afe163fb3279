"""Division of many numerators by one denominator, group by group."""

from collections.abc import Mapping
from types import MappingProxyType

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Member, Out

from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.parts.row_memory import RowMemory
from build_decoder.hdl.parts.serial_divider import SerialDivider
from build_decoder.hdl.planning.quotients import GroupedQuotients
from build_decoder.hdl.shapes import shape_of

__all__ = ["GroupDivision"]


class GroupDivision(wiring.Component):
    """Keeps numerators and the denominator, and sends the quotients.

    ``free`` goes away after ``reserve``, and is there again when the last quotients are; numerators
    are written in between, row after row. A cycle after the last one, dividers take the first row.
    Quotients are narrowed, and sent from registers of their own, ``lanes`` a transfer.

    Parameters
    ----------
    quotients
        What is divided.

    Members
    -------
    free : ``Out``, 1
    reserve, write, load : ``In``, 1
    row : ``In``, ``range(groups)``
    numerators : ``In``, of a row
    next_denominator : ``In``, kept with ``load``
    denominator : ``Out``, the one that is kept
    o : ``Out``, stream of arrays of ``lanes`` outputs

    Attributes
    ----------
    MORE : Mapping
        Further members; of the class.
    """

    MORE: Mapping[str, Member] = MappingProxyType({})

    def __init__(self, quotients: GroupedQuotients):
        self.quotients = q = quotients
        super().__init__(
            {
                "free": Out(1, init=1),
                "reserve": In(1),
                "write": In(1),
                "row": In(range(q.groups)),
                "numerators": In(q.numerator * q.inputs),
                "load": In(1),
                "next_denominator": In(q.division.denominator),
                "denominator": Out(q.division.denominator),
                "o": Out(stream.Signature(data.ArrayLayout(shape_of(q.output), q.lanes))),
                **self.MORE,
            }
        )

    def elaborate(self, platform):
        m = Module()
        q, groups, division = self.quotients, self.quotients.groups, self.quotients.division
        m.submodules.finished = finished = RowMemory(groups, len(self.numerators))
        group = Signal(range(groups))
        bit = Signal(range(q.cycles + 1))
        pending, busy, ends, full = Signal(), Signal(), Signal(), Signal()
        load, done = Signal(), Signal()
        computed = bit == q.cycles
        divides = busy & (~computed if q.cycles == division.bits else bit < division.bits)
        m.d.comb += [
            finished.write.eq(self.write),
            finished.row.eq(self.row),
            finished.data.eq(self.numerators),
            finished.next_row.eq(group),
            done.eq(busy & computed & ~full),
            load.eq(Mux(busy, done & ~ends, pending)),
        ]
        with m.If(self.load):
            m.d.sync += self.denominator.eq(self.next_denominator)
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

        outputs, width = [], q.numerator
        for lane in range(q.inputs):
            numerator = finished.read[lane * width : (lane + 1) * width]
            outputs.append(self._divided(m, lane, numerator, load, divides))
        self._send(m, outputs, done, ends, full)
        return m

    def _divided(self, m: Module, lane: int, numerator: Value, load: Value, step: Value) -> Value:
        """The output of a lane, ``cycles`` of the quotients after its numerator was loaded."""
        q = self.quotients
        m.submodules[f"narrow_{lane}"] = narrow = Requantiser(q.narrowing)
        quotient = self._divider(m, lane, numerator, load, step).quotient
        if q.narrowing.source.signed:
            # Moved down again, which turns the highest bit.
            quotient = Cat(quotient[:-1], ~quotient[-1]).as_signed()
        m.d.comb += narrow.i.eq(quotient)
        return Mux(self.denominator == 0, 0, narrow.o) if q.zero else narrow.o

    def _divider(
        self, m: Module, lane: int, numerator: Value, load: Value, step: Value
    ) -> SerialDivider:
        """A lane's divider."""
        m.submodules[f"divider_{lane}"] = divider = SerialDivider(self.quotients.division)
        m.d.comb += [
            divider.load.eq(load),
            divider.step.eq(step),
            divider.numerator.eq(numerator),
            divider.denominator.eq(self.denominator),
        ]
        return divider

    def _send(self, m: Module, outputs, done, ends, full) -> None:
        """Outputs that are done into registers, and from these out."""
        q = self.quotients
        held = [Signal(shape_of(q.output), name=f"held_{n}") for n in range(len(outputs))]
        *_, last = counts = q.transfers
        left = Signal(range(max(counts)))
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += self.o.valid.eq(full)
            with m.If(full):
                m.d.sync += [
                    *(lane.eq(held[n]) for n, lane in enumerate(self.o.payload)),
                    *(held[n].eq(after) for n, after in enumerate(held[q.lanes :])),
                    full.eq(left != 0),
                    left.eq(left - 1),
                ]
        with m.If(done):
            m.d.sync += [
                *(value.eq(output) for value, output in zip(held, outputs, strict=True)),
                full.eq(1),
                left.eq(Mux(ends, last - 1, counts[0] - 1)),
            ]


