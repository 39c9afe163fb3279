"""Sums of the products of a block."""

from amaranth import Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.conv2d.kept.sums import KeptSums
from build_decoder.hdl.parts.adder_tree import registered_tree
from build_decoder.hdl.parts.mac_chain import MacChain
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.parts.rows_at import rows_at
from build_decoder.hdl.shapes import shape_of

__all__ = ["BlockProducts"]


class BlockProducts(wiring.Component):
    """``sums[f] = sum over k of inputs[k] * weights[row][k][f]``, block after block.

    Inputs come two cycles after ``row``, and ``sums.mac_latency - 1`` cycles later their sums are
    there. Throughput: a block a cycle.

    Parameters
    ----------
    sums
        The dense layer of a window.

    Members
    -------
    row : ``In``
    inputs : ``In``, array of inputs
    sums : ``Out``, array of ``neurons`` exact sums
    """

    def __init__(self, sums: KeptSums):
        self.plan = sums
        p = sums.parameters
        super().__init__(
            {
                "row": In(range(sums.beats)),
                "inputs": In(
                    data.ArrayLayout(shape_of(p.input), sums.folding.inputs_per_cycle)
                ),
                "sums": Out(data.ArrayLayout(shape_of(p.exact), sums.neurons)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        make = self._chains if self.plan.chained else self._trees
        for port, total in zip(self.sums, make(m, platform), strict=True):
            m.d.comb += port.eq(total)
        return m

    def _weights(self, m: Module, taps: slice, row: Value, platform):
        """Those of some inputs, a cycle after ``row``."""
        shape = shape_of(self.plan.parameters.weight)
        return rows_at(m, shape, self.plan.weight_rows[:, taps], row, platform)

    def _units(self):
        plan = self.plan
        return plan.multipliers.units(plan.folding.inputs_per_cycle, plan.neurons)

    def _trees(self, m: Module, platform) -> list[Value]:
        plan = self.plan
        weights = self._weights(m, slice(None), self.row, platform)
        terms = [[] for _ in range(plan.neurons)]
        for kind, k, neuron in self._units():
            m.submodules[f"unit_{k}_{neuron}"] = unit = MacUnit(kind, plan)
            m.d.comb += [unit.load.eq(1), unit.x.eq(self.inputs[k])]
            for n in range(kind.neurons):
                m.d.comb += unit.weights[n].eq(weights[k][neuron + n])
                terms[neuron + n].append(unit.sums[n])
        return [registered_tree(m, each, f"tree_{n}") for n, each in enumerate(terms)]

    def _chains(self, m: Module, platform) -> list[Value]:
        """Each block of a chain has its input, and its weights, a cycle later than the one before
        it."""
        plan, row = self.plan, self.row
        taps = plan.folding.inputs_per_cycle
        weights, inputs = [], []
        for tap in range(taps):
            weights.append(self._weights(m, slice(tap, tap + 1), row, platform)[0])
            inputs.append(_later(m, self.inputs[tap], tap, f"input_{tap}"))
            row = _later(m, row, 1, f"row_{tap}")
        sums = []
        for kind, k, neuron in self._units():
            if k:
                # Blocks of the other inputs are in the chains of the first.
                continue
            m.submodules[f"chain_{neuron}"] = chain = MacChain(kind, plan, taps)
            m.d.comb += chain.load.eq(-1)
            for tap in range(taps):
                m.d.comb += chain.x[tap].eq(inputs[tap])
                for n in range(kind.neurons):
                    m.d.comb += chain.weights[tap][n].eq(weights[tap][neuron + n])
            sums += list(chain.sums)
        return sums


def _later(m: Module, value: Value, cycles: int, name: str) -> Value:
    """Without a reset, so that a shift register may be in LUTs."""
    for cycle in range(cycles):
        after = Signal.like(value, name=f"{name}_{cycle}", reset_less=True)
        m.d.sync += after.eq(value)
        value = after
    return value
