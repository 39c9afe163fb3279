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
    """Sends sums on, ``lanes`` a cycle: constant, shift and limit of
    :class:`hdl.engine.narrowing.Narrowing`, then the pool.

    Sums that are there with ``load`` are captured. Their first outputs are there, and ``keep``,
    four cycles later, unless they wait for others of their windows of the pool, whose largest are
    kept meanwhile.

    Members
    -------
    step : ``In``, the step
    begin : ``In``, 1
        Whether it begins with the next cycle.
    load : ``In``, 1
    sums : ``In``, array of ``filters`` exact sums
    keep : ``Out``, 1
    at, values : ``Out``
        Outputs, and the number of the first one's place; of outputs that leave, positions are
        whole transfers of ``lanes``. The last ones of a layer that fills them in part mean nothing.
    made : ``Out``, 1
    narrowed : ``Out``
        For whoever looks at it: whether there are outputs ahead of the pool, and the outputs.
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
                "values": Out(data.ArrayLayout(self.shape, plan.lanes)),
                "made": Out(1),
                "narrowed": Out(data.ArrayLayout(self.shape, plan.lanes)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        makes = self._narrow(m)
        m.d.sync += self.made.eq(makes)
        self._pool(m, makes, platform)
        return m

    def _of(self, numbers: Iterable[int]) -> Value:
        return by_layer(self.step.layer, list(numbers))

    def _without(self, width: int, dropped: Iterable[int]) -> Value:
        """Mask of all bits but those that a layer drops."""
        return self._of((1 << width) - 1 & ~bits for bits in dropped)

    def _narrow(self, m: Module) -> Value:
        """Whether there are outputs ahead of the pool in the next cycle, as ``narrowed``."""
        plan, layers = self.plan, self.plan.network.layers
        width, filters, lanes = plan.sum_width, plan.filters, plan.lanes
        narrowings = [layer.narrowing for layer in layers]
        sums = Signal(width * filters)
        left = Signal(filters // lanes)
        with m.If(self.load):
            m.d.sync += [sums.eq(self.sums), left.eq((1 << len(left)) - 1)]
        with m.Else():
            m.d.sync += [sums.eq(sums >> width * lanes), left.eq(left >> 1)]

        # An entry for each output of a position, and for what fills the last pass; a line of
        # entries for those that leave together.
        entries, bases = [], []
        for layer, narrowing in zip(layers, narrowings, strict=True):
            bases.append(len(entries) // lanes)
            columns = (narrowing.constants, narrowing.lows, narrowing.highs)
            entries += [(1, *map(int, entry)) for entry in zip(*columns, strict=True)]
            entries += [(0, *entries[-1][1:])] * (-layer.filters % filters)
        line = Signal(range(len(entries) // lanes))
        base = self._of(bases)
        ends = [base + plan.program.passes(layer) * filters // lanes - 1
                for base, layer in zip(bases, layers, strict=True)]
        with m.If(self.begin):
            m.d.sync += line.eq(base)
        with m.Elif(left[0]):
            m.d.sync += line.eq(Mux(line == self._of(ends), base, line + 1))
        real = _table([entry[0] for entry in entries[::lanes]], line)
        valid = [Signal(name=f"valid_{stage}") for stage in range(2)]
        m.d.sync += [valid[0].eq(left[0] & real), valid[1].eq(valid[0])]

        reach = [int(n) for each in narrowings for n in (each.constants.min(),
                                                         each.constants.max())]
        total_shape = Shape(max(width, *(n.bit_length() + 1 for n in reach)) + 1, signed=True)
        shifted_shape = Shape(total_shape.width - min(n.shift for n in narrowings), signed=True)
        early = self._without(width, (n.low_bits for n in narrowings))
        late = self._without(total_shape.width, (n.late_bits for n in narrowings))
        line_after = [line]
        for stage in range(2):
            line_after.append(Signal.like(line, name=f"line_{stage}"))
            m.d.sync += line_after[-1].eq(line_after[-2])
        for lane, value in enumerate(self.narrowed):
            constants, lows, highs = (
                [entry[n] for entry in entries[lane::lanes]] for n in range(1, 4)
            )
            total = Signal(total_shape, name=f"total_{lane}")
            kept = (sums.word_select(lane, width) & early)[:width].as_signed()
            m.d.sync += total.eq(kept + _table(constants, line))
            dropped = (total.as_unsigned() & late)[: len(total)].as_signed()
            shifted = Signal(shifted_shape, name=f"shifted_{lane}")
            m.d.sync += shifted.eq(self._shifted(dropped))
            low, high = (_table(numbers, line_after[-1]) for numbers in (lows, highs))
            m.d.sync += value.eq(Mux(shifted < low, low, Mux(shifted > high, high, shifted)))
        return valid[-1]

    def _shifted(self, value: Value) -> Value:
        """``value`` without the bits that the layer drops: one of few numbers of bits."""
        shifts = [layer.narrowing.shift for layer in self.plan.network.layers]
        different = sorted(set(shifts))
        if len(different) == 1:
            return value >> different[0]
        return Array(value >> count for count in different)[
            self._of(different.index(count) for count in shifts)
        ]

    def _pool(self, m: Module, makes: Value, platform) -> None:
        """The largest of windows, and where they go; all but the comparison is found a cycle
        ahead. Values come into the same windows two cycles later at the earliest."""
        layers, lanes = self.plan.network.layers, self.plan.lanes
        lines = [self.plan.program.lines(layer) for layer in layers]
        channels = self._of(
            la.target.shape[2] if la.target else count * lanes
            for la, count in zip(layers, lines, strict=True)
        )
        last_filter = self._of((count - 1) * lanes for count in lines)
        pooled = [la.steps.size * la.rows.size > 1 for la in layers]
        places = [la.rows.windows * count if on else 0
                  for la, count, on in zip(layers, lines, pooled, strict=True)]
        bases = np.cumsum([0, *places])[:-1].tolist()

        filter = Signal(range(max(count * lanes for count in lines)))
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
            m.d.sync += filter.eq(filter + lanes)
            with m.If(filter_ends):
                m.d.sync += [filter.eq(0), position.eq(position + 1), member.eq(member + 1)]
                with m.If(member_ends):
                    m.d.sync += [
                        member.eq(0), row.eq(row + channels),
                        open_row.eq(open_row + self._of(
                            count if on else 0 for count, on in zip(lines, pooled, strict=True)
                        )),
                    ]
        m.d.sync += [self.keep.eq(makes & ends), self.at.eq(row + filter)]
        m.d.comb += self.values.eq(self.narrowed)
        if not any(pooled):
            return
        m.submodules.open = held = Memory(
            shape=self.narrowed.shape(), depth=sum(places), init=[],
            attrs={"ram_style": _ram_style(sum(places), platform)},
        )
        write, read = held.write_port(), held.read_port()
        place, alone = Signal.like(write.addr), Signal()
        m.d.sync += [place.eq(read.addr), alone.eq(opens)]
        m.d.comb += [
            read.addr.eq(open_row + filter[lanes.bit_length() - 1 :]),
            write.addr.eq(place),
            write.en.eq(self.made & self._of(pooled)),
            write.data.eq(self.values),
        ]
        m.d.comb += [
            largest.eq(Mux(alone | (value > before), value, before))
            for largest, value, before in zip(self.values, self.narrowed, read.data, strict=True)
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
