"""Convolution in hardware whose last sums are added to as columns come."""

from amaranth import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.layers.conv2d.kept.products import BlockProducts
from build_decoder.hdl.layers.conv2d.kept.walk import KeptWalk
from build_decoder.hdl.parts.column_memory import ColumnMemory
from build_decoder.hdl.parts.drain import Drain
from build_decoder.hdl.parts.finished_sums import FinishedSums
from build_decoder.hdl.planning.column_store import READ_LATENCY
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "KeptComponent"]


class KeptComponent(StageComponent):
    """``o = activation(window @ weights + bias)`` of the window around each position of ``i``, with
    zeros around the image; see :class:`quant.layers.conv2d.Conv2d`.

    Columns are written into places of a memory as they come, frame after frame. All filters of a
    position are made at a time, block by block, and positions follow each other without a pause:
    finished sums wait in a memory until the drain takes them. Sums of columns of outputs that wait
    for further columns are kept in another one.

    Times are those of ``plan``: a visit takes ``rows * beats`` cycles, unless its inputs, or
    outputs before it, take longer.

    Parameters
    ----------
    plan : KeptPlan
        The convolution, how it is folded, and what follows from that.

    Members
    -------
    i : ``In``, stream of arrays of channels
    o : ``Out``, stream of arrays of ``lanes`` outputs
    """

    def elaborate(self, platform):
        m = Module()
        plan, sums = self.plan, self.plan.neurons
        m.submodules.columns = columns = ColumnMemory(self.i.payload.shape(), plan.store)
        m.submodules.walk = walk = KeptWalk(plan)
        m.submodules.products = products = BlockProducts(sums)
        m.submodules.drain = drain = Drain(sums)
        room = Signal(range(sums.places + 1), init=sums.places)
        there, needs = self._taken(m, columns, walk)
        finishes = walk.last & walk.ends
        m.d.comb += [
            walk.take.eq((there >= needs) & ~((room == 0) & finishes)),
            columns.place.eq(walk.place),
            columns.word.eq(walk.word),
            columns.inside.eq(walk.inside),
            products.row.eq(walk.row),
            products.inputs.as_value().eq(columns.block.as_value()),
        ]
        m.d.sync += room.eq(room - (walk.take & finishes) + drain.done)

        beat = Cat(walk.first, walk.last, walk.opens, walk.ends, walk.kept)
        takes, beats = [walk.take], [beat]
        for stage in range(READ_LATENCY + sums.mac_latency):
            take, after = Signal(name=f"take_{stage}"), Signal(
                len(beat), name=f"beat_{stage}", reset_less=True
            )
            m.d.sync += [take.eq(takes[-1]), after.eq(beats[-1])]
            takes.append(take)
            beats.append(after)
        self._summed(m, platform, products, drain, takes, beats)
        wiring.connect(m, drain.o, wiring.flipped(self.o))
        return m

    def _taken(self, m: Module, columns: ColumnMemory, walk: KeptWalk) -> tuple[Value, Value]:
        """Columns come in; how many rows are there, and how many the next block needs."""
        plan, store = self.plan, self.plan.store
        groups = plan.part.counts[2]
        rows = range(store.places * plan.layer.shape[1] + 1)
        space = Signal(range(store.places + 1), init=store.places)
        there, needs = Signal(rows), Signal(rows)
        group, arrived = Signal(range(groups)), Signal()
        first_word, last_word = Signal(init=1), Signal()
        frees = Mux(walk.take & walk.visit_ends, walk.frees, 0)
        m.d.comb += [
            self.i.ready.eq(~first_word | (space != 0)),
            columns.write.eq(self.i.valid & self.i.ready),
            columns.data.eq(self.i.payload),
            last_word.eq(columns.write_word == store.words - 1),
            arrived.eq(columns.write & (group == groups - 1)),
            needs.eq(Mux(walk.first, walk.needs, 0)),
        ]
        with m.If(columns.write):
            m.d.sync += [
                group.eq(Mux(arrived, 0, group + 1)),
                first_word.eq(last_word),
                columns.write_word.eq(Mux(last_word, 0, columns.write_word + 1)),
            ]
            with m.If(last_word):
                last_place = columns.write_place == store.places - 1
                m.d.sync += columns.write_place.eq(Mux(last_place, 0, columns.write_place + 1))
        m.d.sync += [
            there.eq(there + arrived - Mux(walk.take, needs, 0)),
            space.eq(space - (columns.write & first_word) + frees),
        ]
        return there, needs

    def _summed(
        self, m: Module, platform, products: BlockProducts, drain: Drain, takes, beats
    ) -> None:
        """Products are added to what was added before, and the sums are kept or leave."""
        sums, p = self.plan.neurons, self.plan.neurons.parameters
        width = p.exact.width
        first, _, opens, _ = beats[-2][:4]
        _, last, _, ends = beats[-1][:4]
        totals = [Signal(Shape(width, signed=True), name=f"sum_{n}") for n in range(sums.neurons)]
        starts = [p.rounding_constant] * len(totals)
        if self.plan.kept:
            m.submodules.kept = memory = Memory(
                shape=width * len(totals), depth=self.plan.kept, init=[],
                attrs=_in_blocks(platform, self.plan.kept, width * len(totals)),
            )
            read, write = memory.read_port(), memory.write_port()
            m.d.comb += [
                read.addr.eq(beats[-3][4:]),
                write.addr.eq(beats[-1][4:]),
                write.en.eq(takes[-1] & last & ~ends),
                write.data.eq(Cat(totals)),
            ]
            starts = [
                Mux(opens, start, read.data[n * width : (n + 1) * width].as_signed())
                for n, start in enumerate(starts)
            ]
        with m.If(takes[-2]):
            for total, added, start in zip(totals, products.sums, starts, strict=True):
                m.d.sync += total.eq(added + Mux(first, start, total))

        dropped = p.exact.width - p.captured.width
        captured = Cat(total[dropped:] for total in totals)
        m.submodules.finished = waiting = FinishedSums(sums.places, len(captured))
        m.d.comb += [
            waiting.finished.eq(takes[-1] & last & ends),
            waiting.data.eq(captured),
            waiting.done.eq(drain.done),
            drain.load.eq(waiting.load),
            drain.sums.as_value().eq(waiting.sums),
        ]


def _in_blocks(platform, rows: int, width: int) -> dict[str, str]:
    family = family_of(platform) or DEFAULT
    return {"ram_style": "block"} if family.memory.ram_blocks(rows, width) else {}


COMPONENT = KeptComponent
"""What realises the plan beside this module."""
