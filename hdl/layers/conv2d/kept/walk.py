"""Walk through the visits of a frame: in which order blocks of windows are read."""

from amaranth import Array, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.conv2d.kept.plan import KeptPlan

__all__ = ["KeptWalk"]


class KeptWalk(wiring.Component):
    """Where the next block lies, which goes on with each ``take``.

    From the slowest to the fastest loop: visits of a frame, as ``plan.program`` has them, positions
    of a column, and blocks of the window along time, along rows and along channels.

    Parameters
    ----------
    plan
        The convolution, and how it is folded.

    Members
    -------
    take : ``In``, 1
    first, last : ``Out``, 1
        Whether it is the first or the last block of a position.
    visit_ends : ``Out``, 1
        Whether it is the last block of a visit.
    opens, ends : ``Out``, 1
        Whether the visit is the first or the last one to its sums.
    needs : ``Out``
        Rows that must have come in before the position, beyond those before it.
    frees : ``Out``
        Columns that are not needed any more when the visit ends.
    row : ``Out``
        Of the weights.
    kept : ``Out``
        Where sums are kept.
    place, word, inside : ``Out``
        The block, as :class:`hdl.parts.column_memory.ColumnMemory` takes it.
    """

    def __init__(self, plan: KeptPlan):
        self.plan = plan
        store, part = plan.store, plan.part
        self._start_word = -plan.before[1] * part.counts[2] % (1 << store.word_bits)
        self._start_place = (plan.steps[0].first * part.times - plan.before[0]) % store.places
        super().__init__(
            {
                "take": In(1),
                "first": Out(1, init=1),
                "last": Out(1),
                "visit_ends": Out(1),
                "opens": Out(1),
                "ends": Out(1),
                "needs": Out(range(store.places * plan.layer.shape[1] + 1)),
                "frees": Out(range(store.places + 1)),
                "row": Out(range(plan.neurons.beats)),
                "kept": Out(range(max(plan.kept, 1))),
                "place": Out(range(store.places), init=self._start_place),
                "word": Out(store.word_bits, init=self._start_word),
                "inside": Out(data.ArrayLayout(store.rows, store.times)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, part = self.plan, self.plan.part
        _, rows, _ = plan.layer.shape
        before_row = plan.before[1]
        in_time, in_rows, groups = part.counts
        step = self._steps(m)

        group_last = _loop(m, self.take, groups, "group")
        group_ends = self.take & group_last
        row_last = _loop(m, group_ends, in_rows, "row")
        row_ends = group_ends & row_last
        done = Signal(range(in_time))
        time_last = done == step["blocks"]
        position_ends = row_ends & time_last
        with m.If(row_ends):
            m.d.sync += done.eq(Mux(time_last, 0, done + 1))
        position, visit_begins = Signal(range(rows)), Signal(init=1)
        ahead = plan.kernel[1] - 1 - before_row
        last_position = position == rows - 1
        m.d.comb += [
            self.last.eq(group_last & row_last & time_last),
            self.visit_ends.eq(self.last & last_position),
            self.opens.eq(step["opens"]),
            self.ends.eq(step["ends"]),
            self.needs.eq(
                Mux(visit_begins, step["needs"], step["waits"] & (position < rows - ahead))
            ),
            self.frees.eq(step["frees"]),
            self.kept.eq(step["kept"] + position),
        ]
        with m.If(self.take):
            m.d.sync += [self.first.eq(self.last), visit_begins.eq(self.visit_ends)]
        with m.If(position_ends):
            m.d.sync += position.eq(Mux(last_position, 0, position + 1))

        # The block's number in the window, which is also that of its weights.
        block = Signal(range(in_time))
        number = Signal(range(in_rows * groups))
        m.d.comb += [
            block.eq(step["first"] + done),
            self.row.eq(block * (in_rows * groups) + number),
        ]
        with m.If(self.take):
            m.d.sync += number.eq(Mux(group_last & row_last, 0, number + 1))
        self._find_place(m, step, row_ends, position_ends)

        over_rows = (in_rows - 1) * part.rows
        row = Signal(range(-before_row, rows - before_row + over_rows), init=-before_row)
        with m.If(self.take & self.visit_ends):
            m.d.sync += row.eq(-before_row)
        with m.Elif(position_ends):
            m.d.sync += row.eq(row + 1 - over_rows)
        with m.Elif(row_ends):
            m.d.sync += row.eq(row - over_rows)
        with m.Elif(group_ends):
            m.d.sync += row.eq(row + part.rows)
        inside = step["inside"].word_select(block, part.times)
        for down in range(part.rows):
            line = row + down
            on_image = Signal(name=f"on_image_{down}")
            m.d.comb += on_image.eq((line >= 0) & (line < rows))
            for over in range(part.times):
                m.d.comb += self.inside[over][down].eq(inside[over] & on_image)
        if groups == 1:
            m.d.comb += self.word.eq(row)
        else:
            self._find_word(m, (self.take & self.visit_ends, position_ends, row_ends))
        return m

    def _steps(self, m: Module) -> dict[str, Value]:
        """What is to be done in this visit, by name; of blocks, one less than there are."""
        plan = self.plan
        steps, counts = zip(*plan.program, strict=True)
        rows = plan.layer.shape[1]
        columns = {
            **{
                name: [int(getattr(step, name)) for step in steps]
                for name in ("frees", "opens", "ends", "first", "moves")
            },
            "needs": [plan.rows_needed(step)[0] for step in steps],
            "waits": [int(step.needs > 0) for step in steps],
            "blocks": [step.blocks - 1 for step in steps],
            "kept": [step.kept * rows for step in steps],
            "inside": [sum(bit << n for n, bit in enumerate(step.inside)) for step in steps],
        }
        number, done = Signal(range(len(steps))), Signal(range(max(counts)))
        ending = self.take & self.visit_ends
        again = Signal()
        m.d.comb += again.eq(done != _chosen([count - 1 for count in counts], number))
        with m.If(ending):
            m.d.sync += done.eq(Mux(again, done + 1, 0))
            with m.If(~again):
                m.d.sync += number.eq(Mux(number == len(steps) - 1, 0, number + 1))
        found = {}
        for name, values in columns.items():
            width = len(steps[0].inside) if name == "inside" else max(values).bit_length()
            found[name] = Signal(width, name=f"step_{name}")
            m.d.comb += found[name].eq(_chosen(values, number))
        return found

    def _find_place(self, m: Module, step, row_ends, position_ends):
        """Places go round, from frame to frame: from that of the visit's first block on."""
        plan, places = self.plan, self.plan.store.places
        start = Signal(range(places), init=self._start_place)
        moved, behind = Signal(range(2 * places)), Signal(range(2 * places))
        next_start = _within(moved, places)
        m.d.comb += [
            moved.eq(start + step["moves"]),
            behind.eq(self.place + plan.part.times % places),
        ]
        with m.If(self.take & self.visit_ends):
            m.d.sync += [start.eq(next_start), self.place.eq(next_start)]
        with m.Elif(position_ends):
            m.d.sync += self.place.eq(start)
        with m.Elif(row_ends):
            m.d.sync += self.place.eq(_within(behind, places))

    def _find_word(self, m: Module, ends):
        """Words of a row lie beside each other, as do rows; beyond a column, any word will do."""
        _, in_rows, groups = self.plan.part.counts
        over = in_rows * groups - 1
        visit_ends, position_ends, row_ends = ends
        with m.If(visit_ends):
            m.d.sync += self.word.eq(self._start_word)
        with m.Elif(position_ends):
            m.d.sync += self.word.eq(self.word - over + groups)
        with m.Elif(row_ends):
            m.d.sync += self.word.eq(self.word - over)
        with m.Elif(self.take):
            m.d.sync += self.word.eq(self.word + 1)


def _chosen(values: list[int], number: Signal) -> Value:
    """The value of that number."""
    if len(set(values)) == 1:
        return Const(values[0], max(values[0].bit_length(), 1))
    shape = Shape(max(values).bit_length())
    return Array(Const(value, shape) for value in values)[number]


def _within(sum_: Signal, places: int) -> Value:
    return Mux(sum_ >= places, sum_ - places, sum_)[: (places - 1).bit_length()]


def _loop(m: Module, step, count: int, name: str):
    """Whether the last of ``count`` steps is there."""
    number = Signal(range(count), name=name)
    last = number == count - 1
    if count > 1:
        with m.If(step):
            m.d.sync += number.eq(Mux(last, 0, number + 1))
    return last
