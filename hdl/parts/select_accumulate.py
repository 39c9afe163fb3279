"""Multiplication by two bits of weight inside of the adder that sums the products."""

from amaranth import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.planning.fits import SELECT_WEIGHT_BITS, select_misfit
from build_decoder.hdl.shapes import shape_of

__all__ = ["SelectAccumulate"]


class SelectAccumulate(wiring.Component):
    """Sum of ``x * weight`` over a pass, for one neuron with weights of -2, -1, 0 and 1 alone::

        sum = rounding_constant + sum over the pass of x * weight

    A product is 0, ``x``, ``-x`` or ``-2 * x``. None is formed: each bit is selected from two of
    ``x`` in the very LUT that adds it, so that the unit is one LUT of six inputs for each bit of
    the sum on the 7 series. For that, negative products are complements, each 1 too few, and a
    signed ``x`` is taken in offset binary, which has no sign to extend. What that changes in a
    pass's sum is known from the weights, and the sum starts from as much less. Where weights are
    written at run time it is not: a complement's missing 1 is the adder's carry in then, and a
    signed ``x`` is refused. Running sums may wrap; the finished sum does not.

    ``load`` registers the weight. Throughput: one ``valid`` input a cycle, with the registered
    weight. Latency: ``sum`` is finished 1 cycle after its last input and holds until, at the
    earliest, that last input of the next pass, which makes 2 cycles, those of other units, good
    too. ``clear`` starts a new sum, by reset, where a choice of addends would take LUTs. In a
    double-buffered layer it comes with the last input of a pass and ``sum`` is a register of its
    own; in others it comes once ``sum`` is not needed any more.

    Parameters
    ----------
    plan
        The layer, which fits: :func:`hdl.planning.fits.fits_select`.
    neuron
        Which of the layer's neurons.

    Members
    -------
    load, valid, clear : ``In``, 1
    x : ``In``, an input
    weight : ``In``, a weight
    sum : ``Out``, ``plan.unit_width`` bits, signed

    Raises
    ------
    ValueError
        If the layer does not fit.
    """

    def __init__(self, plan: DensePlan, neuron: int):
        if misfit := select_misfit(plan):
            expected, got = misfit
            raise ValueError(f"expected {expected} for a selecting unit, got {got}")
        self.plan = plan
        self.neuron = neuron
        super().__init__(
            {
                "load": In(1),
                "valid": In(1),
                "clear": In(1),
                "x": In(shape_of(plan.parameters.input)),
                "weight": In(shape_of(plan.parameters.weight)),
                "sum": Out(Shape(plan.unit_width, signed=True)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        width = self.plan.unit_width
        weight = Signal(SELECT_WEIGHT_BITS)
        with m.If(self.load):
            m.d.sync += weight.eq(self.weight)

        odd, negative = weight
        x = Signal(width)
        addend = Signal(width)
        added = Signal(width)
        total = Signal(width, init=self._start)
        m.d.comb += [
            # In offset binary, which is the sign bit inverted.
            x.eq(Cat(self.x[:-1], ~self.x[-1]) if self.x.shape().signed else self.x),
            addend.eq(Mux(odd, x, Mux(negative, x << 1, 0)) ^ negative.replicate(width)),
        ]
        carry = negative if self.plan.reloadable else None
        add = native_part(platform, "sum") or _add
        m.d.comb += added.eq(add(m, total, addend, carry))
        with m.If(self.valid):
            m.d.sync += total.eq(added)
        if self.plan.double_buffered:
            finished = Signal(width)
            with m.If(self.clear):
                m.d.sync += finished.eq(added)
        else:
            finished = total
        with m.If(self.clear):
            m.d.sync += total.eq(self._start)
        m.d.comb += self.sum.eq(finished)
        return m

    @property
    def _start(self) -> int:
        """The rounding constant, and what complements and offset binary take from the sum."""
        p = self.plan.parameters
        if self.plan.reloadable:
            return p.rounding_constant
        weights = p.weights[:, self.neuron]
        offset = -p.input.min_raw
        start = p.rounding_constant + int((weights < 0).sum()) - offset * int(weights.sum())
        return start % (1 << self.plan.unit_width)


def _add(m: Module, a: Value, b: Value, carry: Value | None) -> Value:
    return a + b if carry is None else a + b + carry
