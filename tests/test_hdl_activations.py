import numpy as np
import pytest

import models.activations
from hdl.activations import activation_component
from quant.activations import integer_activation
from quant.qformat import QFormat
from tests.rtl import simulate

PAIRS = [
    (QFormat(4, 4), QFormat(1, 7)),
    (QFormat(4, 2), QFormat(2, 2)),
    (QFormat(6, 3), QFormat(0, 5, signed=False)),
    (QFormat(4, 0), QFormat(1, 0)),
    (QFormat(1, 0), QFormat(1, 3, signed=False)),
]


@pytest.mark.parametrize("name", models.activations.names())
@pytest.mark.parametrize(("input", "output"), PAIRS, ids=str)
def test_equals_parameters_over_every_code(name, input, output):
    parameters = integer_activation(name, input, output)
    dut = activation_component(parameters)(parameters)
    codes = np.arange(input.min_raw, input.max_raw + 1)
    results = []

    async def testbench(ctx):
        # One code a cycle: throughput and latency are part of the contract.
        ctx.set(dut.en, 1)
        for code in [*codes.tolist(), *[0] * (dut.latency - 1)]:
            ctx.set(dut.i, code)
            await ctx.tick()
            results.append(ctx.get(dut.o))

    simulate(dut, testbench)
    np.testing.assert_array_equal(results[dut.latency - 1 :], parameters.compute(codes))


@pytest.mark.parametrize("name", models.activations.names())
def test_holds_without_enable(name):
    parameters = integer_activation(name, QFormat(4, 4), QFormat(2, 4))
    dut = activation_component(parameters)(parameters)
    random = np.random.default_rng(2)
    codes = random.integers(-128, 128, 40).tolist()
    results = []

    async def testbench(ctx):
        for code in [*codes, *[0] * dut.latency]:
            while random.random() < 0.5:
                ctx.set(dut.en, 0)
                ctx.set(dut.i, int(random.integers(-128, 128)))
                held = ctx.get(dut.o)
                await ctx.tick()
                assert ctx.get(dut.o) == held
            ctx.set(dut.en, 1)
            ctx.set(dut.i, code)
            await ctx.tick()
            results.append(ctx.get(dut.o))

    simulate(dut, testbench)
    start = dut.latency - 1
    np.testing.assert_array_equal(
        results[start : start + len(codes)], parameters.compute(np.array(codes))
    )
