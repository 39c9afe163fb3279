"""MAC array of floats: products of significands, shifted to their place and added exactly."""

from amaranth import Module, Mux, Shape, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.floating.dense.plan import FloatDensePlan
from build_decoder.hdl.floating.taken import taken_layout
from build_decoder.hdl.parts.adder_tree import registered_tree
from build_decoder.hdl.parts.mac_unit import MacUnit

__all__ = ["FloatMacArray"]


class FloatMacArray(wiring.Component):
    """Each neuron sums products of ``inputs_per_cycle`` inputs a cycle, over the cycles of a pass.

    As :class:`hdl.parts.mac_array.MacArray`, of inputs that are taken and weights as words: a
    product is registered, and with it the sum of both shifts; shifted, it goes through the adder
    tree into the sum, in the bits that are proven to hold every sum. ``nan`` says that an input of
    the pass was NaN, with the sums. Throughput: one set of inputs a cycle.

    Parameters
    ----------
    plan
        The layer and its folding.

    Members
    -------
    load, valid, first : ``In``, 1
    inputs : ``In``, array of ``inputs_per_cycle`` of `taken_layout`
    weights : ``In``, array of ``inputs_per_cycle`` arrays of ``neurons`` words
    sums : ``Out``, array of ``neurons`` exact sums
    nan : ``Out``, 1
    """

    def __init__(self, plan: FloatDensePlan):
        self.plan = plan
        # That of a plan counts the cycle in which inputs are taken.
        self.latency = plan.mac_latency - 1
        inputs = plan.folding.inputs_per_cycle
        weights = data.ArrayLayout(plan.words.width, plan.neurons)
        self._sum = signed(plan.parameters.exact.width)
        super().__init__(
            {
                "load": In(1),
                "valid": In(1),
                "first": In(1),
                "inputs": In(data.ArrayLayout(taken_layout(plan.taken), inputs)),
                "weights": In(data.ArrayLayout(weights, inputs)),
                "sums": Out(data.ArrayLayout(self._sum, plan.neurons)),
                "nan": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, count = self.plan, self.plan.folding.inputs_per_cycle
        valid, first = self.valid, self.first
        nan = self.inputs[0].nan
        for lane in range(1, count):
            nan = nan | self.inputs[lane].nan
        for stage in range(self.latency - 1):
            after = [Signal(name=f"{name}_{stage}") for name in ("valid", "first", "nan")]
            m.d.sync += [a.eq(b) for a, b in zip(after, (valid, first, nan), strict=True)]
            valid, first, nan = after
        terms = [[] for _ in range(plan.neurons)]
        for kind, k, neuron in plan.multipliers.units(count, plan.neurons):
            terms[neuron].append(self._term(m, kind, k, neuron))
        for neuron, products in enumerate(terms):
            total = self.sums[neuron]
            added = registered_tree(m, products, f"tree_{neuron}")
            with m.If(valid):
                m.d.sync += total.eq(added + Mux(first, 0, total))
        with m.If(valid):
            m.d.sync += self.nan.eq(nan | (self.nan & ~first))
        return m

    def _term(self, m: Module, kind, k: int, neuron: int) -> Signal:
        """A product at its place, as wide as the sum."""
        plan = self.plan
        bits = plan.words.significand.width
        word, x = self.weights[k][neuron], self.inputs[k]
        m.submodules[f"unit_{k}_{neuron}"] = unit = MacUnit(kind, plan.products)
        m.d.comb += [unit.load.eq(self.load), unit.x.eq(x.significand)]
        m.d.comb += unit.weights[0].eq(word[:bits].as_signed())
        term = Signal(self._sum, name=f"term_{k}_{neuron}")
        shift = self._shift(m, word[bits:], x.shift, f"{k}_{neuron}")
        m.d.comb += term.eq(unit.sums[0] << shift)
        return term

    def _shift(self, m: Module, of_weight, of_input, name: str) -> Signal:
        """Sum of both shifts, registered with the product."""
        if len(of_weight) and not self.plan.constant_weights:
            held = Signal(len(of_weight), name=f"weight_shift_{name}")
            with m.If(self.load):
                m.d.sync += held.eq(of_weight)
            of_weight = held
        total = of_weight + of_input
        shift = Signal(Shape(len(total)), name=f"shift_{name}")
        m.d.sync += shift.eq(total)
        return shift
