"""The DSP48E1 as a multiply-accumulate unit, by a model of the block: every port and parameter."""

import numpy as np
import pytest
from amaranth import Module, Shape, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.parts.dsp48e1 import dsp48e1_mac
from tests.cell_models import ForFamily
from tests.rtl import simulate


class Mac(wiring.Component):
    def __init__(self, low: Shape, high: Shape | None, x: Shape, *, start: int, accumulates: bool):
        self.start, self.accumulates, self.packs = start, accumulates, high is not None
        super().__init__(
            {
                "low": In(low), "high": In(high or unsigned(0)), "x": In(x),
                "load": In(1), "valid": In(1), "first": In(1), "p": Out(signed(48)),
            }
        )  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        p = Signal(48)
        m.submodules.block = dsp48e1_mac(
            low=self.low, high=self.high if self.packs else None, load=self.load, x=self.x,
            start=self.start,
            accumulate=(self.valid, self.first) if self.accumulates else None, p=p,
        )
        m.d.comb += self.p.eq(p)
        return m


def corners(shape: Shape, random) -> int:
    """An extreme of ``shape``, a value next to one, or any."""
    low = -(1 << shape.width - 1) if shape.signed else 0
    high = low + (1 << shape.width) - 1
    chosen = [low, high, max(low, -1), 0, min(1, high), int(random.integers(low, high + 1))]
    return chosen[random.integers(len(chosen))]


def wrapped(value: int) -> int:
    """48 bits of two's complement."""
    return (value + (1 << 47)) % (1 << 48) - (1 << 47)


SHAPES = [
    (signed(25), None, signed(18)),
    (signed(25), None, unsigned(17)),
    (unsigned(24), None, signed(18)),
    (signed(3), None, signed(4)),
    (signed(1), None, unsigned(1)),
    (signed(7), signed(24), signed(18)),
    (signed(7), signed(24), unsigned(17)),
    (signed(16), signed(24), signed(5)),
    (signed(24), signed(24), signed(18)),
    (unsigned(4), unsigned(23), unsigned(6)),
]


@pytest.mark.parametrize("start", [0, 1, 1 << 20, (1 << 46) + (1 << 15), -3])
@pytest.mark.parametrize("accumulates", [True, False])
@pytest.mark.parametrize(("low", "high", "x"), SHAPES, ids=str)
def test_sums_products_cycle_by_cycle(low, high, x, accumulates, start):
    dut = Mac(low, high, x, start=start, accumulates=accumulates)
    random = np.random.default_rng([low.width, x.width])
    weight = product = total = 0

    async def testbench(ctx):
        nonlocal weight, product, total
        for cycle in range(150):
            now = {"low": corners(low, random), "x": corners(x, random)}
            if high is not None:
                now["high"] = corners(high, random)
            # What is not loaded, not valid or not first differs from what was.
            load, valid, first = (int(random.integers(3) > 0) for _ in range(3))
            first = first if cycle > 2 else 1
            for name, value in {**now, "load": load, "valid": valid, "first": first}.items():
                ctx.set(getattr(dut, name), value)
            if not accumulates:
                assert ctx.get(dut.p) == wrapped(start + product), cycle
            await ctx.tick()
            if valid:
                total = (start if first else total) + product
            product = weight * now["x"]
            if load:
                weight = now["low"] + now.get("high", 0)
            expected = total if accumulates else start + product
            assert ctx.get(dut.p) == wrapped(expected), cycle

    simulate(dut, testbench, family=XC7)


@pytest.mark.parametrize("accumulates", [True, False])
def test_weights_are_loaded_when_told_and_hold_otherwise(accumulates):
    dut = Mac(signed(8), signed(20), signed(9), start=5, accumulates=accumulates)

    async def testbench(ctx):
        ctx.set(dut.valid, 1)
        ctx.set(dut.first, 1)
        ctx.set(dut.x, 7)
        for low, high in ((3, 1 << 12), (-128, -(1 << 19)), (-1, 0)):
            ctx.set(dut.load, 1)
            ctx.set(dut.low, low)
            ctx.set(dut.high, high)
            await ctx.tick()
            ctx.set(dut.load, 0)
            # To either place, other values come.
            for other in ((low + 1, high), (low, high + 1), (0, 0)):
                ctx.set(dut.low, other[0])
                ctx.set(dut.high, other[1])
                await ctx.tick().repeat(3)
                assert ctx.get(dut.p) == 5 + 7 * (low + high)

    simulate(dut, testbench, family=XC7)


@pytest.mark.parametrize("start", [0, 1, -1, 1 << 16, (1 << 47) - 1, -(1 << 47)])
def test_a_sum_starts_from_the_constant_and_does_not_without_first(start):
    dut = Mac(signed(8), None, signed(8), start=start, accumulates=True)
    seen = []

    async def testbench(ctx):
        # No product: what is seen is the constant alone.
        ctx.set(dut.valid, 1)
        ctx.set(dut.first, 1)
        await ctx.tick().repeat(2)
        seen.append(ctx.get(dut.p))
        ctx.set(dut.first, 0)
        await ctx.tick().repeat(5)
        seen.append(ctx.get(dut.p))
        ctx.set(dut.valid, 0)
        ctx.set(dut.first, 1)
        await ctx.tick()
        seen.append(ctx.get(dut.p))

    simulate(dut, testbench, family=XC7)
    assert seen == [start] * 3


def test_is_one_block():
    for high in (None, signed(20)):
        mapped = ForFamily(Mac(signed(8), high, signed(8), start=1, accumulates=True), XC7)
        simulate(mapped, _nothing)
        assert mapped.cells == {"DSP48E1": 1}


async def _nothing(ctx):
    await ctx.tick()


@pytest.mark.parametrize(
    ("weight_width", "x", "sum_width", "right"),
    [
        (25, signed(18), 48, True),
        (26, signed(18), 48, False),
        (25, signed(19), 48, False),
        (25, signed(18), 49, False),
        (25, unsigned(17), 48, True),
        (25, unsigned(18), 48, False),
        (1, signed(1), 1, True),
    ],
)
def test_what_fits(weight_width, x, sum_width, right):
    assert XC7.dsp.fits(weight_width, XC7.dsp.operand_width(x), sum_width) == right


@pytest.mark.parametrize(
    ("low", "high", "x", "bits", "got"),
    [
        (signed(31), None, signed(8), 30, 31),
        (signed(8), signed(26), signed(8), 25, 26),
        (signed(8), unsigned(25), signed(8), 25, 26),
        (signed(8), None, signed(19), 18, 19),
        (signed(8), None, unsigned(18), 18, 19),
    ],
)
def test_an_operand_that_is_too_wide(low, high, x, bits, got):
    message = f"^expected an operand of at most {bits} signed bits, got {got}$"
    with pytest.raises(ValueError, match=message):
        dsp48e1_mac(
            low=Signal(low), high=None if high is None else Signal(high), load=Signal(),
            x=Signal(x), start=0, accumulate=None, p=Signal(48),
        )
