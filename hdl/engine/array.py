"""Multipliers of a column engine, their weights, and the sums behind them."""

import numpy as np
from amaranth import Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.tables import read_only
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
                "sums": Out(data.ArrayLayout(total, plan.filters)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, products = self.plan, self.plan.products
        width = products.parameters.weight.width
        rows = products.weight_rows.reshape(len(products.weight_rows), -1)
        bits = (rows[:, :, None] >> np.arange(width) & 1).reshape(len(rows), -1)
        weights = data.View(
            data.ArrayLayout(
                data.ArrayLayout(shape_of(products.parameters.weight), plan.filters), plan.taps
            ),
            read_only(m, bits, self.weight_at, platform),
        )
        signals = [(self.take, self.first, self.last)]
        for stage in range(plan.sum_latency):
            after = [Signal(name=f"{name}_{stage}") for name in ("take", "first", "last")]
            m.d.sync += [a.eq(b) for a, b in zip(after, signals[-1], strict=True)]
            signals.append(after)
        load, _, _ = signals[1]
        take, first, _ = signals[-2]
        _, _, done = signals[-1]
        m.d.comb += self.done.eq(done)

        terms = [[] for _ in range(plan.filters)]
        for kind, tap, filter in plan.multipliers.units(plan.taps, plan.filters):
            m.submodules[f"unit_{tap}_{filter}"] = unit = MacUnit(kind, products)
            m.d.comb += [unit.load.eq(load), unit.x.eq(self.inputs[tap])]
            for n in range(kind.neurons):
                m.d.comb += unit.weights[n].eq(weights[tap][filter + n])
                terms[filter + n].append(unit.sums[n])
        for number, (total, products_of) in enumerate(zip(self.sums, terms, strict=True)):
            added = self._registered_tree(m, number, products_of)
            with m.If(take):
                m.d.sync += total.eq(added + Mux(first, self.start, total))
        return m

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
