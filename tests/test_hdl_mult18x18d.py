"""ECP5's multiplier block, by a model of it: every port and parameter."""

import itertools

import numpy as np
import pytest
from amaranth import Module, Shape, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.parts.mult18x18d import mult18x18d
from tests.cell_models import ForFamily
from tests.rtl import simulate


class Product(wiring.Component):
    def __init__(self, weight: Shape, x: Shape, product: Shape):
        super().__init__({"weight": In(weight), "x": In(x), "product": Out(product)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.block = mult18x18d(weight=self.weight, x=self.x, product=self.product)
        return m


def values(shape: Shape) -> list[int]:
    low = -(1 << shape.width - 1) if shape.signed else 0
    high = low + (1 << shape.width) - 1
    middle = np.random.default_rng(shape.width).integers(low, high + 1, 2).tolist()
    return sorted({low, high, max(low, -1), 0, min(1, high), *middle})


OPERANDS = [signed(18), unsigned(18), signed(5), unsigned(5), signed(1), unsigned(1)]


@pytest.mark.parametrize(("weight", "x"), list(itertools.product(OPERANDS, OPERANDS)), ids=str)
def test_a_product_each_cycle_one_cycle_later(weight, x):
    product = Shape(weight.width + x.width, weight.signed or x.signed)
    dut = Product(weight, x, product)

    async def testbench(ctx):
        before = 0
        for a, b in itertools.product(values(weight), values(x)):
            ctx.set(dut.weight, a)
            ctx.set(dut.x, b)
            # The operands have come, and the product of those before them is still there.
            assert ctx.get(dut.product) == before
            await ctx.tick()
            before = a * b
            assert ctx.get(dut.product) == before

    simulate(dut, testbench, family=ECP5)


def test_low_bits_of_a_product():
    dut = Product(signed(18), signed(18), signed(9))

    async def testbench(ctx):
        ctx.set(dut.weight, -131072)
        ctx.set(dut.x, 131071)
        await ctx.tick()
        assert ctx.get(dut.product) == 0
        ctx.set(dut.weight, -3)
        ctx.set(dut.x, 81)
        await ctx.tick()
        assert ctx.get(dut.product) == -243

    simulate(dut, testbench, family=ECP5)


def test_is_one_block():
    mapped = ForFamily(Product(signed(9), unsigned(9), signed(18)), ECP5)

    async def nothing(ctx):
        await ctx.tick()

    simulate(mapped, nothing)
    assert mapped.cells == {"MULT18X18D": 1}


def test_what_fits():
    for shape in (signed, unsigned):
        for width, fits in ((18, True), (19, False)):
            width = ECP5.dsp.operand_width(shape(width))
            assert ECP5.dsp.fits(width, 1) == ECP5.dsp.fits(1, width) == fits
    assert ECP5.dsp.fits(18, 18, sum_width=99)


@pytest.mark.parametrize(("weight", "x"), [(19, 4), (4, 19)])
def test_operands_that_are_too_wide(weight, x):
    message = f"^expected operands of at most 18 bits, got {weight} and {x}$"
    with pytest.raises(ValueError, match=message):
        mult18x18d(weight=Signal(signed(weight)), x=Signal(signed(x)), product=Signal(23))
