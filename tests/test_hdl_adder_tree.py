"""Adder trees: exact sums of any number of terms, as wide as a balanced tree is."""

import numpy as np
import pytest
from amaranth import Module, Shape, Signal, signed, unsigned

from build_decoder.hdl.parts.adder_tree import adder_tree
from tests.rtl import simulate


@pytest.mark.parametrize("shape", [signed(4), unsigned(4), signed(1), unsigned(1)], ids=str)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17])
def test_sums_are_exact(count, shape):
    m = Module()
    terms = [Signal(shape, name=f"term_{n}") for n in range(count)]
    tree = adder_tree(terms)
    levels = (count - 1).bit_length()
    # One bit a level.
    assert tree.shape() == Shape(shape.width + levels, shape.signed)
    total = Signal(signed(len(tree) + 1))
    m.d.comb += total.eq(tree)
    low = -(1 << shape.width - 1) if shape.signed else 0
    high = low + (1 << shape.width) - 1
    random = np.random.default_rng(count)
    rows = [[low] * count, [high] * count, *random.integers(low, high + 1, (30, count)).tolist()]
    for n in range(count):
        # Each term alone.
        rows += [[value * (k == n) for k in range(count)] for value in (low, high)]

    async def testbench(ctx):
        for values in rows:
            for term, value in zip(terms, values, strict=True):
                ctx.set(term, value)
            assert ctx.get(total) == sum(values)

    simulate(m, testbench)


def test_terms_of_different_shapes():
    m = Module()
    terms = [Signal(signed(3)), Signal(unsigned(5)), Signal(signed(7))]
    total = Signal(signed(10))
    m.d.comb += total.eq(adder_tree(terms))

    async def testbench(ctx):
        for values in ([-4, 31, -64], [3, 0, 63], [-1, 31, -1]):
            for term, value in zip(terms, values, strict=True):
                ctx.set(term, value)
            assert ctx.get(total) == sum(values)

    simulate(m, testbench)
