import numpy as np
import pytest
from amaranth import Shape

from hdl.mac_array import MacArray
from tests.rtl import simulate


@pytest.mark.parametrize("inputs_per_lane", [1, 2, 3, 5, 8])
def test_sums_of_passes_with_gaps(inputs_per_lane):
    random = np.random.default_rng(inputs_per_lane)
    lanes, passes, initial = 3, 6, 5
    beats = [1, 4, 1, 7, 2, 1]
    x = [random.integers(0, 8, (n, inputs_per_lane)) for n in beats]
    w = [random.integers(-8, 8, (n, inputs_per_lane, lanes)) for n in beats]
    x[1][:], w[1][:] = 7, -8  # the extreme that sum_width is for
    dut = MacArray(
        input_shape=Shape(3, signed=False), weight_shape=Shape(4, signed=True), sum_width=14,
        inputs_per_lane=inputs_per_lane, lanes=lanes, initial=initial,
    )
    expected = [initial + np.einsum("bi,biu->u", x[n], w[n]) for n in range(passes)]
    finished, sums, cycle = [], {}, 0

    async def testbench(ctx):
        nonlocal cycle

        async def tick():
            nonlocal cycle
            await ctx.tick()
            cycle += 1
            sums[cycle] = [ctx.get(lane) for lane in dut.sums]

        for n in range(passes):
            for beat in range(beats[n]):
                while random.random() < 0.3:
                    ctx.set(dut.valid, 0)
                    ctx.set(dut.first, int(random.integers(2)))
                    await tick()
                ctx.set(dut.valid, 1)
                ctx.set(dut.first, beat == 0)
                ctx.set(dut.inputs, x[n][beat].tolist())
                ctx.set(dut.weights, w[n][beat].tolist())
                finished.append(cycle) if beat == beats[n] - 1 else None
                await tick()
        ctx.set(dut.valid, 0)
        for _ in range(dut.latency):
            await tick()

    simulate(dut, testbench)
    assert dut.latency == 2 + int(np.ceil(np.log2(inputs_per_lane)))
    for n in range(passes):
        np.testing.assert_array_equal(sums[finished[n] + dut.latency], expected[n])
