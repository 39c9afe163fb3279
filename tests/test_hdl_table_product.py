"""Products by truth table, of every pair of small operands."""

import itertools

import pytest
from amaranth import Module, Shape, Signal

from build_decoder.hdl.parts.table_product import table_product
from tests.rtl import simulate

SHAPES = [Shape(width, signed) for width in (1, 2, 3, 5) for signed in (True, False)]
PAIRS = [
    pair for pair in itertools.product(SHAPES, SHAPES) if sum(s.width for s in pair) <= 7
]


@pytest.mark.parametrize(("weight", "x"), PAIRS, ids=str)
def test_every_product(weight, x):
    m = Module()
    weight, x = Signal(weight), Signal(x)
    product = Signal((weight * x).shape())
    m.d.comb += product.eq(table_product(weight, x))

    async def testbench(ctx):
        for codes in itertools.product(range(1 << len(weight)), range(1 << len(x))):
            ctx.set(weight, codes[0])
            ctx.set(x, codes[1])
            assert ctx.get(product) == ctx.get(weight) * ctx.get(x)

    simulate(m, testbench)
