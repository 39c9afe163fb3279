"""MAC array: pipelined multiply-accumulate lanes (AHEAD's CG-PE-1)."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parts.adder_tree import registered_tree
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.parts.select_accumulate import SelectAccumulate
from build_decoder.hdl.planning.multipliers import Multiplier
from build_decoder.hdl.shapes import shape_of

__all__ = ["MacArray"]


class MacArray(wiring.Component):
    """Each neuron sums products of ``inputs_per_cycle`` inputs a cycle, over the cycles of a pass::

        sums[u] = rounding_constant + sum over cycles and k of inputs[k] * weights[k][u]

    ``load`` registers weights for the cycles after it. No flow control: inputs that are ``valid``
    enter in that cycle, ``first`` starts a new sum. Products are registered, then each level of the
    adder tree, then the sum. A sum is seen ``latency`` cycles after its last inputs entered.
    Throughput: one set of inputs a cycle.

    Selecting units see no ``first``, but ``clear`` ahead of it: with a pass's last inputs if the
    layer is double-buffered, and else between the use of a pass's sums and the next inputs. Their
    sums are seen a cycle earlier, and hold for a pass if the layer is double-buffered.

    Parameters
    ----------
    plan
        The dense layer, its folding and multipliers.

    Attributes
    ----------
    latency : int
        ``2 + ceil(log2(inputs_per_cycle))`` cycles.

    Members
    -------
    load, valid, first, clear : ``In``, 1
    inputs : ``In``, array of ``inputs_per_cycle``
    weights : ``In``, array of ``inputs_per_cycle`` arrays of ``neurons``
    sums : ``Out``, array of ``neurons`` exact sums
    """

    def __init__(self, plan: DensePlan):
        self.plan = plan
        self.latency = plan.mac_latency
        p, inputs = plan.parameters, plan.folding.inputs_per_cycle
        weights = data.ArrayLayout(shape_of(p.weight), plan.neurons)
        super().__init__(
            {
                "load": In(1),
                "valid": In(1),
                "first": In(1),
                "clear": In(1),
                "inputs": In(data.ArrayLayout(shape_of(p.input), inputs)),
                "weights": In(data.ArrayLayout(weights, inputs)),
                "sums": Out(data.ArrayLayout(shape_of(p.exact), plan.neurons)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan = self.plan
        valid, first = self.valid, self.first
        for stage in range(self.latency - 1):
            valid_after = Signal(name=f"valid_{stage}")
            first_after = Signal(name=f"first_{stage}")
            m.d.sync += [valid_after.eq(valid), first_after.eq(first)]
            valid, first = valid_after, first_after

        terms = [[] for _ in range(plan.neurons)]
        units = plan.multipliers.units(plan.folding.inputs_per_cycle, plan.neurons)
        for kind, k, neuron in units:
            if kind is Multiplier.SELECT:
                terms[neuron].append(self._selected(m, neuron))
                continue
            m.submodules[f"unit_{k}_{neuron}"] = unit = MacUnit(kind, plan)
            m.d.comb += [
                unit.load.eq(self.load),
                unit.valid.eq(valid),
                unit.first.eq(first),
                unit.x.eq(self.inputs[k]),
            ]
            for n in range(kind.neurons):
                m.d.comb += unit.weights[n].eq(self.weights[k][neuron + n])
                terms[neuron + n].append(unit.sums[n])

        for neuron, (total, products) in enumerate(zip(self.sums, terms, strict=True)):
            if plan.units_accumulate:
                m.d.comb += total.eq(products[0])
                continue
            added = registered_tree(m, products, f"tree_{neuron}")
            with m.If(valid):
                m.d.sync += total.eq(added + Mux(first, plan.parameters.rounding_constant, total))
        return m

    def _selected(self, m, neuron: int):
        """Sum of a neuron that selects its products."""
        m.submodules[f"unit_0_{neuron}"] = unit = SelectAccumulate(self.plan, neuron)
        m.d.comb += [
            unit.load.eq(self.load),
            unit.valid.eq(self.valid),
            unit.clear.eq(self.clear),
            unit.x.eq(self.inputs[0]),
            unit.weight.eq(self.weights[0][neuron]),
        ]
        return unit.sum
