"""MAC units: a multiplier for one neuron or two, and the sums behind it."""

from collections.abc import Callable

from amaranth import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.parts.shift_add import shift_add_product
from build_decoder.hdl.parts.table_product import table_product
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.dsp_packing import DspPacking
from build_decoder.hdl.planning.fits import fits_block
from build_decoder.hdl.planning.multipliers import Multiplier
from build_decoder.hdl.shapes import shape_of

__all__ = ["MacUnit"]


class MacUnit(wiring.Component):
    """Sums of ``x * weights[n]`` over the cycles of a pass or, in front of an adder tree, products.

    ``load`` registers weights for the cycles after it, and without it they hold. The product of
    registered weights and ``x`` is registered in every cycle. Constant weights are taken as they
    are, without a ``load``. Accumulating, a product is added one cycle later, if ``valid`` then, to
    a sum that starts from the layer's rounding constant if ``first`` then. So ``sums`` follow ``x``
    by 2 cycles, products by 1, and both by one more where the plan pipelines products.

    On 7-series, a unit with a DSP block is that block and nothing else; on ECP5 it is the block
    with its output register, and sums in LUTs. Operands that are too wide for a block, and constant
    weights, are left to synthesis; on 7-series they are multiplied in LUTs, since Yosys 0.70 loses
    a sign bit there in a block that it finds itself: where it narrows an addition behind a product,
    the register of the sum has its top bit twice, and ``xilinx_dsp`` puts that register into the
    block but leaves the second copy without a driver.

    Parameters
    ----------
    multiplier
        What multiplies.
    plan
        The layer: formats, and whether units accumulate.

    Members
    -------
    load, valid, first : ``In``, 1
    x : ``In``, an input
    weights : ``In``, array of ``multiplier.neurons``
    sums : ``Out``, array of ``multiplier.neurons``, of ``plan.unit_width`` bits
    """

    def __init__(self, multiplier: Multiplier, plan: DensePlan):
        self.multiplier = multiplier
        self.plan = plan
        self.packing = DspPacking(plan.unit_width) if multiplier is Multiplier.PACKED else None
        neurons = multiplier.neurons
        total = Shape(plan.unit_width, signed=True)
        super().__init__(
            {
                "load": In(1),
                "valid": In(1),
                "first": In(1),
                "x": In(shape_of(plan.parameters.input)),
                "weights": In(data.ArrayLayout(shape_of(plan.parameters.weight), neurons)),
                "sums": Out(data.ArrayLayout(total, neurons)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, width = self.plan, self.plan.unit_width
        total = Signal(Shape(width * self.multiplier.neurons, signed=True))
        family, block_mac = family_of(platform), self._native(platform, "mac")
        if block_mac is not None and fits_block(plan, self.multiplier, family.dsp):
            p = Signal(family.dsp.accumulator)
            weights, load, x = list(self.weights), self.load, self.x
            if plan.pipelined_products:
                # In front of the block, whose own registers hold weights.
                weights = [self._held(m, n) for n in range(self.multiplier.neurons)]
                load, x = Const(1), delayed(m, x, 1, "x_then")
            m.submodules.block = block_mac(
                low=weights[0],
                high=weights[1].shift_left(self.packing.field) if self.packing else None,
                load=load,
                x=x,
                start=self._start,
                accumulate=(self.valid, self.first) if plan.units_accumulate else None,
                p=p,
            )
            m.d.comb += total.eq(p)
        else:
            self._sum_products(m, self._product(m, platform), total)

        if self.packing:
            # Offset binary to two's complement: the low field's sign bit is inverted.
            low, high = total[:width], total[width:]
            m.d.comb += [
                self.sums[0].eq(Cat(low[:-1], ~low[-1])),
                self.sums[1].eq(high),
            ]
        else:
            m.d.comb += self.sums[0].eq(total)
        return m

    @property
    def _start(self) -> int:
        """What sums start from, or what is added to products."""
        start = self.plan.parameters.rounding_constant if self.plan.units_accumulate else 0
        return self.packing.start(start) if self.packing else start

    def _product(self, m: Module, platform) -> Value:
        """Registered product of ``x`` and the registered weights."""
        operand, x = self._held(m, 0), self.x
        pipelined = self.plan.pipelined_products
        if self.packing:
            low, high = operand, self._held(m, 1)
            operand = Signal(Shape(len(high) + self.packing.field + 1, signed=True))
            m.d.comb += operand.eq(high.shift_left(self.packing.field) + low)
        product = Signal((operand * x).shape())
        block_product = self._native(platform, "product")
        if block_product is not None and _fits(family_of(platform).dsp, operand, x):
            m.submodules.block = block_product(
                weight=operand, x=x, product=product, registered_operands=pipelined
            )
            return product
        in_luts = self.multiplier is Multiplier.LUT or self._native(platform, "mac") is not None
        if in_luts and len(operand) + len(x) > (family_of(platform) or DEFAULT).table_inputs:
            registers = {"registered_in": m} if pipelined else {}
            m.d.sync += product.eq(shift_add_product(operand, x, **registers))
            return product
        if pipelined:
            operand, x = delayed(m, operand, 1, "operand_then"), delayed(m, x, 1, "x_then")
        m.d.sync += product.eq(table_product(operand, x) if in_luts else operand * x)
        return product

    def _native(self, platform, purpose: str) -> Callable | None:
        """A part of the family's cells, for a unit that may have them."""
        return None if self.multiplier is Multiplier.LUT else native_part(platform, purpose)

    def _held(self, m: Module, neuron: int) -> Value:
        if self.plan.constant_weights:
            return self.weights[neuron]
        held = Signal.like(self.weights[neuron], name=f"weight_{neuron}")
        with m.If(self.load):
            m.d.sync += held.eq(self.weights[neuron])
        return held

    def _sum_products(self, m: Module, product: Value, total: Signal):
        if not self.plan.units_accumulate:
            m.d.comb += total.eq(product + self._start)
            return
        with m.If(self.valid):
            m.d.sync += total.eq(product + Mux(self.first, self._start, total))


def _fits(block: DspBlock, weight: Value, x: Value) -> bool:
    return block.fits(block.operand_width(weight.shape()), block.operand_width(x.shape()))
