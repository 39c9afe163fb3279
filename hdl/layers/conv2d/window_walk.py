"""Window walk: the order in which blocks of windows are read."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.conv2d.gathered import GatheredPlan

__all__ = ["WindowWalk"]


class WindowWalk(wiring.Component):
    """Where the next block lies, which goes on with each ``take``.

    From the slowest to the fastest loop: columns of outputs, positions of a column, passes over the
    filters, and blocks of the window along time, along rows and along channels. Nothing but the
    wrap to the next loop is decided here, so that places add small constants.

    Parameters
    ----------
    plan
        The convolution, and how it is folded.

    Members
    -------
    take : ``In``, 1
    first, last : ``Out``, 1
        Whether it is the first or the last block of a pass.
    begins, ends : ``Out``, 1
        Whether it is the first or the last block of a column of outputs.
    needs, frees : ``Out``
        Columns that must have come in before a column of outputs begins, beyond those before it,
        and that are not needed any more when it ends.
    place, word, inside : ``Out``
        The block, as :class:`hdl.parts.column_memory.ColumnMemory` takes it.
    """

    def __init__(self, plan: GatheredPlan):
        self.plan = plan
        store = plan.store
        count = range(store.places + 1)
        super().__init__(
            {
                "take": In(1),
                "first": Out(1, init=1),
                "last": Out(1),
                "begins": Out(1, init=1),
                "ends": Out(1),
                "needs": Out(count),
                "frees": Out(count),
                "place": Out(range(store.places), init=-plan.before[0] % store.places),
                "word": Out(store.word_bits, init=self._start_word),
                "inside": Out(data.ArrayLayout(store.rows, store.times)),
            }
        )

    @property
    def _start_word(self) -> int:
        plan = self.plan
        return -plan.before[1] * plan.part.counts[2] % (1 << plan.store.word_bits)

    def elaborate(self, platform):
        m = Module()
        plan, part = self.plan, self.plan.part
        times, rows, _ = plan.layer.shape
        before_time, before_row = plan.before
        in_time, in_rows, groups = part.counts

        group_last = _loop(m, self.take, groups, "group")
        group_ends = self.take & group_last
        row_last = _loop(m, group_ends, in_rows, "row")
        row_ends = group_ends & row_last
        time_last = _loop(m, row_ends, in_time, "time")
        pass_ends = row_ends & time_last
        pass_last = _loop(m, pass_ends, plan.neurons.passes, "pass")
        position_ends = pass_ends & pass_last

        # The first row of a block and its first column, counted from the image's.
        over_rows, over_time = (in_rows - 1) * part.rows, (in_time - 1) * part.times
        row = Signal(range(-before_row, rows - before_row + over_rows), init=-before_row)
        time = Signal(range(-before_time, times - before_time + over_time), init=-before_time)
        last_row = row == rows - 1 - before_row + over_rows
        last_time = time == times - 1 - before_time + over_time
        column_ends = position_ends & last_row
        m.d.comb += [
            self.last.eq(group_last & row_last & time_last),
            self.ends.eq(self.last & pass_last & last_row),
        ]
        with m.If(self.take):
            m.d.sync += [self.first.eq(self.last), self.begins.eq(self.ends)]
        ends = column_ends, position_ends, pass_ends, row_ends, group_ends
        self._go(m, ends, row, (None, 1 - over_rows, -over_rows, -over_rows, part.rows))
        self._go(m, ends, time, (1 - over_time, -over_time, -over_time, part.times, 0))
        with m.If(column_ends):
            m.d.sync += row.eq(-before_row)
            with m.If(last_time):
                m.d.sync += time.eq(-before_time)
        self._find_place(m, ends, over_time)
        if groups == 1:
            m.d.comb += self.word.eq(row)
        else:
            self._find_word(m, ends)

        for over in range(part.times):
            column = time + over
            for down in range(part.rows):
                line = row + down
                m.d.comb += self.inside[over][down].eq(
                    (column >= 0) & (column < times) & (line >= 0) & (line < rows)
                )
        needs, frees = plan.columns_in, plan.columns_out
        m.d.comb += [
            self.needs.eq(
                Mux(time == -before_time, needs[0], time < times - plan.kernel[0] + 1)
            ),
            self.frees.eq(Mux(last_time, frees[-1], time >= over_time)),
        ]
        return m

    @staticmethod
    def _go(m: Module, ends, place: Signal, steps):
        """Add the step of the slowest loop that goes on; None adds nothing."""
        for number, (ending, step) in enumerate(zip(ends, steps, strict=True)):
            with m.If(ending) if number == 0 else m.Elif(ending):
                if step:
                    m.d.sync += place.eq(place + step)

    def _find_place(self, m: Module, ends, over_time: int):
        """Places go round, from frame to frame."""
        places = self.plan.store.places
        step, moved = Signal(range(places)), Signal(range(2 * places))
        column_ends, _, pass_ends, row_ends, _ = ends
        with m.If(column_ends):
            m.d.comb += step.eq((1 - over_time) % places)
        with m.Elif(pass_ends):
            m.d.comb += step.eq(-over_time % places)
        with m.Elif(row_ends):
            m.d.comb += step.eq(self.plan.part.times % places)
        m.d.comb += moved.eq(self.place + step)
        m.d.sync += self.place.eq(Mux(moved >= places, moved - places, moved))

    def _find_word(self, m: Module, ends):
        """Words of a row lie beside each other, as do rows; beyond a column, any word will do."""
        plan = self.plan
        _, in_rows, groups = plan.part.counts
        over = in_rows * groups - 1
        with m.If(ends[0]):
            m.d.sync += self.word.eq(self._start_word)
        with m.Elif(ends[1]):
            m.d.sync += self.word.eq(self.word - over + groups)
        with m.Elif(ends[3]):
            m.d.sync += self.word.eq(self.word - over)
        with m.Elif(self.take):
            m.d.sync += self.word.eq(self.word + 1)


def _loop(m: Module, step, count: int, name: str):
    """Whether the last of ``count`` steps is there."""
    number = Signal(range(count), name=name)
    last = number == count - 1
    if count > 1:
        with m.If(step):
            m.d.sync += number.eq(Mux(last, 0, number + 1))
    return last
