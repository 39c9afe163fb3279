import numpy as np
import pytest
from amaranth import Shape

from hdl.weight_memory import WeightMemory
from tests.rtl import simulate


@pytest.mark.parametrize("count", [1, 2, 3, 8, 11])
def test_rows_come_round_and_round(count):
    random = np.random.default_rng(count)
    rows = random.integers(-16, 16, (count, 2, 3))
    dut = WeightMemory(shape=Shape(5, signed=True), rows=rows)
    seen, ready_after, held = [], None, rows[0].tolist()

    async def testbench(ctx):
        nonlocal ready_after, held
        for cycle in range(60):
            advance = bool(ctx.get(dut.ready)) and random.random() < 0.7
            if ctx.get(dut.ready):
                ready_after = cycle if ready_after is None else ready_after
                if advance:
                    seen.append(held)
            else:
                assert ready_after is None
            ctx.set(dut.advance, advance)
            if ctx.get(dut.load) or count == 1:
                # What a multiplier's register takes at the end of this cycle.
                held = [[ctx.get(w) for w in lane] for lane in dut.weights]
            await ctx.tick()

    simulate(dut, testbench)
    assert ready_after == (0 if count == 1 else 2)
    assert len(seen) > 2 * count
    np.testing.assert_array_equal(seen, [rows[n % count] for n in range(len(seen))])
