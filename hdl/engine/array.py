"""Multipliers of a column engine, their weights, and the sums behind them."""

import numpy as np
from amaranth import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.tables import read_only
from build_decoder.hdl.engine.top_bits import differences, top_bits
from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.parts.mac_chain import MacChain
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.shapes import shape_of

__all__ = ["EngineArray"]


class EngineArray(wiring.Component):
    """``sums[f] = start + sum over cycles of a pass, and taps k, of inputs[k] * weights[k][f]``.

    Weights are told by the number of their row, and what goes with them a cycle earlier than their
    inputs are there: inputs come two cycles after ``weight_at``, ``take``, ``first`` and ``last``.
    ``done`` is high in the cycle in which the finished sums of a pass are there.

    Members
    -------
    weight_at : ``In``
    take, first, last : ``In``, 1
    inputs : ``In``, array of ``taps`` values
    start : ``In``
        What sums start from; holds for a step.
    begin, resumes, keeps, sums_at : ``In``
        Where sums are kept: that a step begins with the next cycle, whether it goes on with sums
        from word ``sums_at`` on, and whether its own are kept there; the latter hold for a step.
    sums : ``Out``, array of ``filters`` exact sums
    done : ``Out``, 1
    """

    def __init__(self, plan: EnginePlan):
        self.plan = plan
        total = Shape(plan.sum_width, signed=True)
        super().__init__(
            {
                "weight_at": In(range(len(plan.program.weight_rows))),
                "take": In(1),
                "first": In(1),
                "last": In(1),
                "inputs": In(data.ArrayLayout(shape_of(plan.value_format), plan.taps)),
                "start": In(range(max(la.narrowing.start for la in plan.network.layers) + 1)),
                **(
                    {
                        "begin": In(1),
                        "resumes": In(1),
                        "keeps": In(1),
                        "sums_at": In(range(plan.program.sums)),
                    }
                    if plan.program.sums else {}
                ),
                "sums": Out(data.ArrayLayout(total, plan.filters)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        signals = [(self.take, self.first, self.last)]
        for stage in range(plan.sum_latency):
            after = [Signal(name=f"{name}_{stage}") for name in ("take", "first", "last")]
            m.d.sync += [a.eq(b) for a, b in zip(after, signals[-1], strict=True)]
            signals.append(after)
        loads = [load for load, _, _ in signals[1:]]
        take, first, _ = signals[-2]
        _, _, done = signals[-1]
        m.d.comb += self.done.eq(done)

        make = self._chains if plan.chained else self._trees
        starts = [self.start] * plan.filters
        if plan.program.sums:
            kept = self._kept(m, take & first, done, platform)
            starts = [Mux(self.resumes, total, self.start) for total in kept]
        of_filters = zip(self.sums, make(m, loads, platform), starts, strict=True)
        for total, added, start in of_filters:
            with m.If(take):
                m.d.sync += total.eq(added + Mux(first, start, total))
        return m

    def _kept(self, m: Module, begins: Value, done: Value, platform) -> data.View:
        """What a pass goes on with when it ``begins``, and a memory that has what is ``done``. From
        one pass to the next are two cycles at least, in which the next word is read."""
        count, shape = self.plan.program.sums, self.sums.shape()
        width = self.plan.filters * self.plan.sum_width
        in_blocks = (family_of(platform) or DEFAULT).memory.ram_blocks(count, width)
        m.submodules.kept = memory = Memory(
            shape=shape, depth=count, init=[],
            attrs={"ram_style": "block"} if in_blocks else {},
        )
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [write.en.eq(done & self.keeps), write.data.eq(self.sums)]
        for port, moves in ((read, begins), (write, done)):
            at = Signal.like(port.addr)
            m.d.comb += port.addr.eq(at)
            with m.If(self.begin):
                m.d.sync += at.eq(self.sums_at)
            with m.Elif(moves):
                m.d.sync += at.eq(at + 1)
        return read.data

    def _weights(self, m: Module, taps: slice, address: Value, platform) -> data.View:
        """Those of some taps, an array of arrays of ``filters``, a cycle after ``address``."""
        plan, products = self.plan, self.plan.products
        kind, family = products.parameters.weight, family_of(platform) or DEFAULT
        rows = products.weight_rows[:, taps]
        flat = rows.reshape(len(rows), -1)
        top = top_bits(
            products.weight_rows.reshape(len(rows), -1), kind.width, family, plan.weight_memories
        )
        low = kind.width - top
        bits = (flat[:, :, None] >> np.arange(low) & 1).reshape(len(rows), -1)
        # A signal of its own: what is sliced from an expression is the whole of it to a simulator.
        stored = Signal(bits.shape[1])
        m.d.comb += stored.eq(read_only(m, bits, address, platform))
        words = [stored[at : at + low] for at in range(0, len(stored), low)]
        if top:
            words = [
                self._widened(m, word, differs, address)
                for word, differs in zip(
                    words, differences(flat, kind.width, top).swapaxes(0, 1), strict=True
                )
            ]
        layout = data.ArrayLayout(shape_of(kind), plan.filters)
        return data.View(data.ArrayLayout(layout, rows.shape[1]), Cat(words))

    @staticmethod
    def _widened(m: Module, word: Value, differs: np.ndarray, address: Value) -> Value:
        """``word`` with top bits, each of which is the one below it but in rows that differ, bool
        (rows, top bits)."""
        bits = [*word]
        for rows in differs.T:
            bit = bits[-1]
            if rows.any():
                other = Signal()
                with m.Switch(address):
                    with m.Case(*np.flatnonzero(rows).tolist()):
                        m.d.sync += other.eq(1)
                    with m.Default():
                        m.d.sync += other.eq(0)
                bit = bit ^ other
            bits.append(bit)
        return Cat(bits)

    def _trees(self, m: Module, loads: list[Value], platform) -> list[Value]:
        """Sums of the products of a cycle, a filter each, in trees."""
        plan = self.plan
        weights = self._weights(m, slice(None), self.weight_at, platform)
        terms = [[] for _ in range(plan.filters)]
        for kind, tap, filter in plan.multipliers.units(plan.taps, plan.filters):
            m.submodules[f"unit_{tap}_{filter}"] = unit = MacUnit(kind, plan.products)
            m.d.comb += [unit.load.eq(loads[0]), unit.x.eq(self.inputs[tap])]
            for n in range(kind.neurons):
                m.d.comb += unit.weights[n].eq(weights[tap][filter + n])
                terms[filter + n].append(unit.sums[n])
        return [self._registered_tree(m, number, some) for number, some in enumerate(terms)]

    def _chains(self, m: Module, loads: list[Value], platform) -> list[Value]:
        """The same in chains of blocks; each tap is a cycle later than the one before it."""
        plan, address = self.plan, self.weight_at
        weights, inputs = [], []
        for tap in range(plan.taps):
            weights.append(self._weights(m, slice(tap, tap + 1), address, platform)[0])
            value = self.inputs[tap]
            for stage in range(tap):
                # Without a reset, a shift register may be in LUTs.
                later = Signal.like(value, name=f"input_{tap}_{stage}", reset_less=True)
                m.d.sync += later.eq(value)
                value = later
            inputs.append(value)
            later = Signal.like(self.weight_at, name=f"weight_at_{tap}")
            m.d.sync += later.eq(address)
            address = later
        sums = []
        for kind, _, filter in plan.multipliers.units(plan.taps, plan.filters):
            if len(sums) == plan.filters:
                break
            m.submodules[f"chain_{filter}"] = chain = MacChain(kind, plan.products, plan.taps)
            for tap, (value, row) in enumerate(zip(inputs, weights, strict=True)):
                m.d.comb += [chain.load[tap].eq(loads[tap]), chain.x[tap].eq(value)]
                m.d.comb += [
                    chain.weights[tap][n].eq(row[filter + n]) for n in range(kind.neurons)
                ]
            sums += list(chain.sums)
        return sums

    @staticmethod
    def _registered_tree(m: Module, number: int, terms: list):
        """Sum of ``terms``, each level registered."""
        level = 0
        while len(terms) > 1:
            sums = [low + high for low, high in zip(terms[::2], terms[1::2], strict=False)]
            # An odd one out waits for the others.
            sums += terms[len(terms) & ~1 :]
            terms = [
                Signal(total.shape(), name=f"tree_{number}_{level}_{n}")
                for n, total in enumerate(sums)
            ]
            m.d.sync += [term.eq(total) for term, total in zip(terms, sums, strict=True)]
            level += 1
        return terms[0]
