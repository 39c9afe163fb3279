"""MAC arrays of every multiplier against sums of products, at the documented latency."""

import numpy as np
import pytest

from hdl.choose_multipliers import packs
from hdl.folding import Folding
from hdl.mac_array import MacArray
from hdl.multipliers import Multiplier, Multipliers
from hdl.plan import DensePlan
from quant.activations import integer_activation
from quant.dense import Dense
from quant.qformat import QFormat
from tests.rtl import simulate

BEATS, LANES = 7, 5


def plan(inputs: int, multipliers: Multipliers | None, *, signed=True, rows="random") -> DensePlan:
    random = np.random.default_rng(inputs)
    weight, input = QFormat(1, 4), QFormat(4, 0, signed)
    shape = (BEATS * inputs, LANES)
    extremes = {"high": weight.max_raw, "low": weight.min_raw}
    weights = (
        np.full(shape, extremes[rows]) if rows in extremes
        else random.integers(weight.min_raw, weight.max_raw + 1, shape)
    )
    layer = Dense(
        input=input, weight=weight, accumulator=QFormat(7, 2), bias=QFormat(2, 2),
        weights=weights, biases=np.zeros(LANES, dtype=np.int64),
        activation=integer_activation("linear", QFormat(7, 2), QFormat(7, 2)),
    )
    return DensePlan(
        layer, Folding(inputs, LANES), 1, double_buffered=True, multipliers=multipliers
    )


def run(plan: DensePlan, x: np.ndarray, seed: int) -> np.ndarray:
    """Sums of each frame of ``x`` (frames, inputs), read at the documented latency."""
    dut = MacArray(plan)
    random = np.random.default_rng(seed)
    rows = plan.weight_rows.tolist()
    beats = x.reshape(len(x), BEATS, -1).tolist()
    cycle, due, seen = 0, {}, {}

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
                    await tick()
                ctx.set(dut.load, 1)
                ctx.set(dut.valid, 1)
                ctx.set(dut.first, beat == 0)
                ctx.set(dut.inputs, values)
                ctx.set(dut.weights, rows[(beat + 1) % BEATS])
                if beat == BEATS - 1:
                    due[cycle + plan.mac_latency] = frame
                await tick()
        ctx.set(dut.load, 0)
        ctx.set(dut.valid, 0)
        for _ in range(plan.mac_latency):
            await tick()

    simulate(dut, testbench)
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
def test_every_multiplier_at_the_proven_ranges_edges(inputs, multipliers, signed, rows):
    array = plan(inputs, multipliers, signed=signed, rows=rows)
    assert packs(array)
    x = frames(array)
    np.testing.assert_array_equal(run(array, x, seed=1), expected(array, x))


def test_units_take_pairs_first_and_cover_every_product_once():
    units = list(Multipliers(packed=3, dsp=2, lut=2).units(2, 5))
    products = [(k, n + i) for kind, k, n in units for i in range(kind.neurons)]
    assert sorted(products) == [(k, n) for k in range(2) for n in range(5)]
    assert [kind for kind, *_ in units].count(Multiplier.PACKED) == 3


@pytest.mark.parametrize(
    "multipliers", [Multipliers(dsp=9), Multipliers(dsp=11), Multipliers(packed=5)], ids=str
)
def test_units_must_fit(multipliers):
    with pytest.raises(ValueError, match="expected units for 2 inputs of 5 neurons, got"):
        list(multipliers.units(2, 5))
