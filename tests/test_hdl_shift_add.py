"""Products in LUTs, of every pair of small operands and of the corners of wide ones."""

import itertools

import numpy as np
import pytest
from amaranth import Module, Shape, Signal, signed, unsigned
from amaranth.back import rtlil

from build_decoder.hdl.parts.shift_add import shift_add_product
from tests.rtl import simulate

SMALL = [Shape(width, is_signed) for width in (1, 2, 3, 4) for is_signed in (True, False)]
WIDE = [signed(18), unsigned(18), signed(7), unsigned(7)]


def all_of(shape: Shape) -> list[int]:
    low = -(1 << shape.width - 1) if shape.signed else 0
    return list(range(low, low + (1 << shape.width)))


def corners(shape: Shape) -> list[int]:
    values = all_of(shape)
    middle = np.random.default_rng(0).choice(values, 4).tolist()
    powers = [1 << n for n in range(shape.width - 1)]
    return sorted({values[0], values[1], values[-1], max(values[0], -1), *middle, *powers})


@pytest.mark.parametrize(("weight", "x"), list(itertools.product(SMALL, SMALL)), ids=str)
def test_every_product(weight, x):
    check(weight, x, all_of(weight), all_of(x))


@pytest.mark.parametrize(("weight", "x"), list(itertools.product(WIDE, WIDE)), ids=str)
def test_corners_of_wide_operands(weight, x):
    check(weight, x, corners(weight), corners(x))


def check(weight: Shape, x: Shape, weights: list[int], values: list[int]):
    m = Module()
    a, b = Signal(weight), Signal(x)
    # A bit more than a product has: its sign is right as well.
    product = Signal(signed(weight.width + x.width + 2))
    m.d.comb += product.eq(shift_add_product(a, b))

    async def testbench(ctx):
        for one, other in itertools.product(weights, values):
            ctx.set(a, one)
            ctx.set(b, other)
            assert ctx.get(product) == one * other

    simulate(m, testbench)


def test_no_multiplier_is_left_to_synthesis():
    m = Module()
    a, b, product = Signal(signed(6)), Signal(signed(5)), Signal(signed(11))
    m.d.comb += product.eq(shift_add_product(a, b))
    netlist = rtlil.convert(m, ports=[a, b, product])
    assert "$mul" not in netlist
    assert "$add" in netlist
