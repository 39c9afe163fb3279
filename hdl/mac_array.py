"""MAC array: pipelined multiply-accumulate lanes (AHEAD's CG-PE-1)."""

from amaranth import Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["MacArray"]


class MacArray(wiring.Component):
    """Every lane sums products of ``inputs_per_lane`` inputs a cycle, over the cycles of a pass::

        sums[u] = initial + sum over cycles and k of inputs[k] * weights[k][u]

    No flow control: what is ``valid`` enters in that cycle, ``first`` starts a new sum. Products
    are registered, then each level of the adder tree, then the sum. A sum is seen ``latency``
    cycles after its last inputs entered. Throughput: one set of inputs a cycle.

    Parameters
    ----------
    input_shape, weight_shape
        Shapes of an input and a weight.
    sum_width
        Bits of a running sum, which is signed. The caller has proven that no sum needs more.
    inputs_per_lane
        Inputs, and products a lane, in a cycle.
    lanes
        Neurons computed side by side.
    initial
        What every sum starts from.

    Attributes
    ----------
    latency : int
        ``2 + ceil(log2(inputs_per_lane))`` cycles.

    Members
    -------
    valid, first : ``In``
    inputs : ``In``, array of ``inputs_per_lane``
    weights : ``In``, array of ``inputs_per_lane`` arrays of ``lanes``
    sums : ``Out``, array of ``lanes``
    """

    def __init__(
        self,
        *,
        input_shape: Shape,
        weight_shape: Shape,
        sum_width: int,
        inputs_per_lane: int,
        lanes: int,
        initial: int,
    ):
        self.lanes = lanes
        self.initial = initial
        self.latency = self.latency_of(inputs_per_lane)
        super().__init__(
            {
                "valid": In(1),
                "first": In(1),
                "inputs": In(data.ArrayLayout(input_shape, inputs_per_lane)),
                "weights": In(
                    data.ArrayLayout(data.ArrayLayout(weight_shape, lanes), inputs_per_lane)
                ),
                "sums": Out(data.ArrayLayout(Shape(sum_width, signed=True), lanes)),
            }
        )

    @staticmethod
    def latency_of(inputs_per_lane: int) -> int:
        """Cycles from the last inputs to the finished sum."""
        return 2 + (inputs_per_lane - 1).bit_length()

    def elaborate(self, platform):
        m = Module()
        valid, first = self.valid, self.first
        for stage in range(self.latency - 1):
            valid_after = Signal(name=f"valid_{stage}")
            first_after = Signal(name=f"first_{stage}")
            m.d.sync += [valid_after.eq(valid), first_after.eq(first)]
            valid, first = valid_after, first_after

        for lane in range(self.lanes):
            terms = []
            for k, operand in enumerate(self.inputs):
                product = operand * self.weights[k][lane]
                terms.append(Signal(product.shape(), name=f"product_{lane}_{k}"))
                m.d.sync += terms[-1].eq(product)
            level = 0
            while len(terms) > 1:
                # A balanced tree grows one bit a level, where summing in a row would grow one bit
                # an addend.
                pairs = [_added(terms[n : n + 2]) for n in range(0, len(terms), 2)]
                terms = [
                    Signal(pair.shape(), name=f"tree_{lane}_{level}_{n}")
                    for n, pair in enumerate(pairs)
                ]
                m.d.sync += [term.eq(pair) for term, pair in zip(terms, pairs, strict=True)]
                level += 1
            with m.If(valid):
                m.d.sync += self.sums[lane].eq(
                    terms[0] + Mux(first, self.initial, self.sums[lane])
                )
        return m


def _added(pair):
    return pair[0] + pair[1] if len(pair) == 2 else pair[0]
