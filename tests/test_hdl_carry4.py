"""The 7 series' carry chain as an adder, by a model of its blocks of four bits."""

import itertools

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.parts.carry4 import carry4_sum
from tests.cell_models import ForFamily
from tests.rtl import simulate


class Adder(wiring.Component):
    def __init__(self, width: int):
        super().__init__({"a": In(width), "b": In(width), "total": Out(width)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.total.eq(carry4_sum(m, self.a, self.b))
        return m


def check(width: int, pairs):
    dut = Adder(width)

    async def testbench(ctx):
        for a, b in pairs:
            ctx.set(dut.a, a)
            ctx.set(dut.b, b)
            assert ctx.get(dut.total) == (a + b) % (1 << width), (a, b)

    simulate(dut, testbench, family=XC7)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_every_sum(width):
    check(width, itertools.product(range(1 << width), repeat=2))


@pytest.mark.parametrize("width", [6, 7, 8, 9, 12, 13, 16, 17, 20, 21, 33, 48])
def test_carries_into_every_bit_and_through_every_block(width):
    random = np.random.default_rng(width)
    top = (1 << width) - 1
    pairs = [tuple(int(random.integers(top + 1)) for _ in range(2)) for _ in range(100)]
    for low, high in itertools.combinations_with_replacement(range(width), 2):
        # A carry that is made in one bit runs up to another, by either operand.
        ones = (1 << high + 1) - (1 << low)
        pairs += [(ones, 1 << low), (1 << low, ones)]
    check(width, [*pairs, (top, top), (top, 0), (0, top), (0, 0)])


@pytest.mark.parametrize(("width", "blocks"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3), (33, 9)])
def test_four_bits_a_block(width, blocks):
    mapped = ForFamily(Adder(width), XC7)

    async def nothing(ctx):
        await ctx.tick()

    simulate(mapped, nothing)
    assert mapped.cells == {"CARRY4": blocks}
