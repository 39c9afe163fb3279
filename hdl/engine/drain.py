"""Drain of a column engine: from sums to outputs at their places, for all layers."""

from collections.abc import Iterable

import numpy as np
from amaranth import Array, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.tables import by_layer, step_layout
from build_decoder.hdl.families import DEFAULT, family_of

__all__ = ["EngineDrain"]


class EngineDrain(wiring.Component):
    """Sends sums on, one a cycle: constant, shift and limit of
    :class:`hdl.engine.narrowing.Narrowing`, then the pool.

    Sums that are there with ``load`` are captured. Their first output is there, and ``keep``, four
    cycles later, unless it waits for others of its window of the pool, whose largest is kept
    meanwhile.

    Members
    -------
    step : ``In``, the step
    begin : ``In``, 1
        Whether it begins with the next cycle.
    load : ``In``, 1
    sums : ``In``, array of ``filters`` exact sums
    keep : ``Out``, 1
    at, value : ``Out``
        An output, and the number of its place; of outputs that leave, their own number.
    made : ``Out``, 1
    narrowed : ``Out``
        For whoever looks at it: whether there is an output ahead of the pool, and the output.
    """

    def __init__(self, plan: EnginePlan):
        self.plan = plan
        layout = step_layout(plan)
        layers = plan.network.layers
        low = min(int(layer.narrowing.lows.min()) for layer in layers)
        high = max(int(layer.narrowing.highs.max()) for layer in layers)
        self.shape = Shape.cast(range(min(low, 0), high + 1))
        super().__init__(
            {
                "step": In(layout),
                "begin": In(1),
                "load": In(1),
                "sums": In(data.ArrayLayout(Shape(plan.sum_width, signed=True), plan.filters)),
                "keep": Out(1),
                "at": Out(layout["target"].shape),
                "value": Out(self.shape),
                "made": Out(1),
                "narrowed": Out(self.shape),
            }
        )

    def elaborate(self, platform):
        m = Module()
        makes, value = self._narrow(m)
        m.d.sync += self.made.eq(makes)
        m.d.comb += self.narrowed.eq(value)
        self._pool(m, makes, value, platform)
        return m

    def _of(self, numbers: Iterable[int]) -> Value:
        return by_layer(self.step.layer, list(numbers))

    def _without(self, width: int, dropped: Iterable[int]) -> Value:
        """Mask of all bits but those that a layer drops."""
        return self._of((1 << width) - 1 & ~bits for bits in dropped)

    def _narrow(self, m: Module) -> tuple[Value, Value]:
        """Whether there is an output ahead of the pool in the next cycle, and that output."""
        plan, layers = self.plan, self.plan.network.layers
        width, filters = plan.sum_width, plan.filters
        narrowings = [layer.narrowing for layer in layers]
        sums = Signal(width * filters)
        left = Signal(filters)
        with m.If(self.load):
            m.d.sync += [sums.eq(self.sums), left.eq((1 << filters) - 1)]
        with m.Else():
            m.d.sync += [sums.eq(sums >> width), left.eq(left >> 1)]

        # A line for each output of a position, and for what fills the last pass.
        lines, bases = [], []
        for layer, narrowing in zip(layers, narrowings, strict=True):
            bases.append(len(lines))
            columns = (narrowing.constants, narrowing.lows, narrowing.highs)
            lines += [(1, *map(int, line)) for line in zip(*columns, strict=True)]
            lines += [(0, *lines[-1][1:])] * (-layer.filters % filters)
        line = Signal(range(len(lines)))
        base = self._of(bases)
        ends = [base + plan.program.passes(layer) * filters - 1
                for base, layer in zip(bases, layers, strict=True)]
        with m.If(self.begin):
            m.d.sync += line.eq(base)
        with m.Elif(left[0]):
            m.d.sync += line.eq(Mux(line == self._of(ends), base, line + 1))
        real, constant = (_table([entry[n] for entry in lines], line) for n in range(2))
        valid = [Signal(name=f"valid_{stage}") for stage in range(2)]
        m.d.sync += [valid[0].eq(left[0] & real), valid[1].eq(valid[0])]

        kept = sums[:width] & self._without(width, (n.low_bits for n in narrowings))
        reach = [int(n) for each in narrowings for n in (each.constants.min(),
                                                         each.constants.max())]
        total = Signal(Shape(max(width, *(n.bit_length() + 1 for n in reach)) + 1, signed=True))
        m.d.sync += total.eq(kept[:width].as_signed() + constant)
        dropped = total.as_unsigned() & self._without(
            len(total), (n.late_bits for n in narrowings)
        )
        shifted = Signal(Shape(len(total) - min(n.shift for n in narrowings), signed=True))
        m.d.sync += shifted.eq(self._shifted(dropped[: len(total)].as_signed()))

        for stage in range(2):
            line_after = Signal.like(line, name=f"line_{stage}")
            m.d.sync += line_after.eq(line)
            line = line_after
        low, high = (_table([entry[n] for entry in lines], line) for n in (2, 3))
        value = Signal(self.shape)
        m.d.sync += value.eq(Mux(shifted < low, low, Mux(shifted > high, high, shifted)))
        return valid[-1], value

    def _shifted(self, value: Value) -> Value:
        """``value`` without the bits that the layer drops: one of few numbers of bits."""
        shifts = [layer.narrowing.shift for layer in self.plan.network.layers]
        different = sorted(set(shifts))
        if len(different) == 1:
            return value >> different[0]
        return Array(value >> count for count in different)[
            self._of(different.index(count) for count in shifts)
        ]

    def _pool(self, m: Module, makes: Value, value: Value, platform) -> None:
        """The largest of a window, and where it goes; all but the comparison is found a cycle
        ahead. A value comes into the same window two cycles later at the earliest."""
        layers = self.plan.network.layers
        channels = self._of(la.target.shape[2] if la.target else 0 for la in layers)
        last_filter = self._of(la.filters - 1 for la in layers)
        pooled = [la.steps.size * la.rows.size > 1 for la in layers]
        places = [la.rows.windows * la.filters if on else 0
                  for la, on in zip(layers, pooled, strict=True)]
        bases = np.cumsum([0, *places])[:-1].tolist()

        filter = Signal(range(max(la.filters for la in layers)))
        position = Signal(range(max(la.positions for la in layers)))
        member = Signal(range(max(la.rows.size for la in layers)))
        row = Signal.like(self.at)
        open_row = Signal(range(max(sum(places), 1)))
        filter_ends = filter == last_filter
        member_ends = (member == self._of(la.rows.size - 1 for la in layers)) | (
            position == self._of(la.positions - 1 for la in layers)
        )
        opens, ends = self.step.opens & (
            (position == 0) | (member == 0)
        ), self.step.ends & member_ends
        with m.If(self.begin):
            m.d.sync += [
                filter.eq(0), position.eq(0), row.eq(self.step.target),
                member.eq(self._of(la.rows.before for la in layers)),
                open_row.eq(self._of(bases)),
            ]
        with m.Elif(makes):
            m.d.sync += filter.eq(filter + 1)
            with m.If(filter_ends):
                m.d.sync += [filter.eq(0), position.eq(position + 1), member.eq(member + 1)]
                with m.If(member_ends):
                    m.d.sync += [
                        member.eq(0), row.eq(row + channels),
                        open_row.eq(open_row + self._of(
                            la.filters if on else 0 for la, on in zip(layers, pooled, strict=True)
                        )),
                    ]
        m.d.sync += [self.keep.eq(makes & ends), self.at.eq(row + filter)]
        m.d.comb += self.value.eq(value)
        if not any(pooled):
            return
        m.submodules.open = held = Memory(
            shape=self.shape, depth=sum(places), init=[],
            attrs={"ram_style": _ram_style(sum(places), platform)},
        )
        write, read = held.write_port(), held.read_port()
        place, alone = Signal.like(write.addr), Signal()
        m.d.sync += [place.eq(read.addr), alone.eq(opens)]
        m.d.comb += [
            read.addr.eq(open_row + filter),
            write.addr.eq(place),
            write.en.eq(self.made & self._of(pooled)),
            write.data.eq(self.value),
            self.value.eq(Mux(alone | (value > read.data), value, read.data)),
        ]


_SHALLOW = 512


def _ram_style(depth: int, platform) -> str:
    """In LUTs if it is shallow: what a block RAM reads comes late in the cycle in which it is
    compared, 6 ns after its start on ECP5, and blocks are needed for weights."""
    memory = (family_of(platform) or DEFAULT).memory
    return "distributed" if memory.lut_ram is not None and depth <= _SHALLOW else "block"


def _table(numbers: list[int], address: Value) -> Value:
    """The number at an address."""
    shape = Shape.cast(range(min(0, *numbers), max(0, *numbers) + 1))
    if len(set(numbers)) == 1:
        return Const(numbers[0], shape)
    return Array(Const(number, shape) for number in numbers)[address]
