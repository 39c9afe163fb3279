"""MAC arrays of every multiplier against sums of products, at the documented latency."""

import numpy as np
import pytest

from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parts.mac_array import MacArray
from build_decoder.hdl.planning.fits import packs
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from tests.rtl import simulate

BEATS, LANES = 7, 5


def plan(
    inputs: int, multipliers: Multipliers | None, *, signed=True, rows="random",
    weight=QFormat(1, 4),
) -> DensePlan:
    random = np.random.default_rng(inputs)
    input = QFormat(4, 0, signed)
    shape = (BEATS * inputs, LANES)
    extremes = {"high": weight.max_raw, "low": weight.min_raw}
    weights = (
        np.full(shape, extremes[rows]) if rows in extremes
        else random.integers(weight.min_raw, weight.max_raw + 1, shape)
    )
    layer = Dense(
        input=input, weight=weight, accumulator=QFormat(7, 0), bias=QFormat(2, 2),
        weights=weights, biases=np.zeros(LANES, dtype=np.int64),
        activation=integer_activation("linear", QFormat(7, 0), QFormat(7, 0)),
    )
    return DensePlan(
        layer, Folding(inputs, LANES), 1, double_buffered=True, multipliers=multipliers
    )


def run(plan: DensePlan, x: np.ndarray, seed: int, *, family=None) -> np.ndarray:
    """Sums of each frame of ``x`` (frames, inputs), read at the documented latency.

    In a gap, inputs that are not valid and weights that are not loaded are any.
    """
    dut = MacArray(plan)
    random = np.random.default_rng(seed)
    rows = plan.weight_rows.tolist()
    beats = x.reshape(len(x), BEATS, -1).tolist()
    input, weight = plan.parameters.input, plan.parameters.weight
    cycle, due, seen = 0, {}, {}

    def any_of(format: QFormat, shape) -> list:
        return random.integers(format.min_raw, format.max_raw, shape, endpoint=True).tolist()

    async def testbench(ctx):
        nonlocal cycle

        async def tick():
            nonlocal cycle
            await ctx.tick()
            cycle += 1
            if cycle in due:
                seen[due[cycle]] = [ctx.get(total) for total in dut.sums]

        # Weights come one load ahead of their use, as from the weight memory.
        ctx.set(dut.load, 1)
        ctx.set(dut.weights, rows[0])
        await tick()
        for frame, inputs in enumerate(beats):
            for beat, values in enumerate(inputs):
                while random.random() < 0.3:
                    ctx.set(dut.load, 0)
                    ctx.set(dut.valid, 0)
                    ctx.set(dut.first, int(random.integers(2)))
                    ctx.set(dut.clear, 0)
                    ctx.set(dut.inputs, any_of(input, len(values)))
                    ctx.set(dut.weights, any_of(weight, plan.weight_rows.shape[1:]))
                    await tick()
                ctx.set(dut.load, 1)
                ctx.set(dut.valid, 1)
                ctx.set(dut.first, beat == 0)
                ctx.set(dut.clear, beat == BEATS - 1)
                ctx.set(dut.inputs, values)
                ctx.set(dut.weights, rows[(beat + 1) % BEATS])
                if beat == BEATS - 1:
                    due[cycle + plan.mac_latency] = frame
                await tick()
        ctx.set(dut.load, 0)
        ctx.set(dut.valid, 0)
        ctx.set(dut.clear, 0)
        for _ in range(plan.mac_latency):
            await tick()

    simulate(dut, testbench, family=family)
    return np.array([seen[frame] for frame in range(len(x))])


def frames(plan: DensePlan) -> np.ndarray:
    """The extremes that the sums' width is proven for, and random frames between them."""
    format, weights = plan.parameters.input, plan.parameters.weights
    x = np.random.default_rng(0).integers(
        format.min_raw, format.max_raw + 1, (6, len(weights))
    )
    x[1] = np.where(weights[:, 0] > 0, format.max_raw, format.min_raw)
    x[2] = np.where(weights[:, 1] > 0, format.min_raw, format.max_raw)
    x[3], x[4] = format.max_raw, format.min_raw
    return x


def expected(plan: DensePlan, x: np.ndarray) -> np.ndarray:
    return plan.parameters.rounding_constant + x @ plan.parameters.weights


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("inputs", [1, 2, 3, 8])
def test_sums_with_gaps(inputs, signed):
    array = plan(inputs, None, signed=signed)
    x = frames(array)
    np.testing.assert_array_equal(run(array, x, seed=inputs), expected(array, x))
    assert array.mac_latency == 2 + int(np.ceil(np.log2(inputs)))


@pytest.mark.parametrize("family", [None, XC7, ECP5])
@pytest.mark.parametrize("rows", ["random", "high", "low"])
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    ("inputs", "multipliers"),
    [
        (1, Multipliers(lut=5)),
        (1, Multipliers(packed=2, dsp=1)),
        (1, Multipliers(packed=1, dsp=1, lut=2)),
        (3, Multipliers(packed=6, lut=3)),
        (3, Multipliers(packed=1, dsp=4, lut=9)),
    ],
    ids=str,
)
def test_every_multiplier_at_the_proven_ranges_edges(inputs, multipliers, signed, rows, family):
    array = plan(inputs, multipliers, signed=signed, rows=rows)
    assert packs(array, XC7.dsp)
    x = frames(array)
    np.testing.assert_array_equal(run(array, x, seed=1, family=family), expected(array, x))


@pytest.mark.parametrize("family", [None, XC7, ECP5])
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("multipliers", [
    Multipliers(select=5), Multipliers(packed=1, select=2, lut=1), Multipliers(dsp=2, select=3),
], ids=str)
def test_selecting_units_beside_others(multipliers, signed, family):
    array = plan(1, multipliers, signed=signed, weight=QFormat(1, 1))
    x = frames(array)
    np.testing.assert_array_equal(run(array, x, seed=3, family=family), expected(array, x))
