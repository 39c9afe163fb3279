import numpy as np
import pytest
from amaranth import Module, Signal, signed, unsigned
from amaranth.sim import Simulator

from build_decoder.hdl.shapes import ordered, ranked, shape_of
from build_decoder.quant.floating.float_format import FP16, FloatFormat
from build_decoder.quant.qformat import QFormat


@pytest.mark.parametrize(
    ("format", "shape"),
    [
        (QFormat(3, 4), signed(7)),
        (QFormat(3, 4, signed=False), unsigned(7)),
        (QFormat(-2, 5), signed(3)),
        (QFormat(6, -2), signed(4)),
    ],
    ids=str,
)
def test_the_shape_has_the_formats_codes(format, shape):
    found = shape_of(format)
    assert found == shape
    assert 1 << found.width == format.max_raw - format.min_raw + 1


@pytest.mark.parametrize(
    "format", [FP16, FloatFormat(3, 2, subnormals=False), QFormat(3, 2), QFormat(3, 2, False)],
    ids=str,
)
def test_values_are_ordered_and_ranked_as_their_format_says(format):
    raw = np.random.default_rng(3).integers(format.min_raw, format.max_raw, 500, endpoint=True)
    floating = isinstance(format, FloatFormat)
    np.testing.assert_array_equal(_keys(ordered, format, raw), format.order(raw))
    wanted = format.ranks(raw) if floating else raw
    np.testing.assert_array_equal(_keys(ranked, format, raw), wanted)


def _keys(by, format, raw) -> list[int]:
    """What hardware makes of raw values."""
    value, m = Signal(shape_of(format)), Module()
    key = by(value, format)
    held = Signal(key.shape())
    m.d.comb += held.eq(key)
    found = []

    async def testbench(ctx):
        for each in raw.tolist():
            ctx.set(value, each)
            await ctx.delay(1e-6)
            found.append(ctx.get(held))

    simulator = Simulator(m)
    simulator.add_testbench(testbench)
    simulator.run()
    return found
