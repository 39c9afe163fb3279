"""Dense components: exact outputs of every folding, at times written out here, under stalls."""

import numpy as np
import pytest

from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.dense.component import DenseComponent
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.streams import expect_silence, no_stalls, random_stalls, receive, send
from tests.rtl import simulate

FRAMES = 6


def layer(inputs: int, units: int, weight=QFormat(1, 3), *, activation="linear") -> Dense:
    random = np.random.default_rng([inputs, units])
    bias = QFormat(3, 2)
    return Dense(
        input=QFormat(3, 1), weight=weight, accumulator=QFormat(5, 1), bias=bias,
        weights=random.integers(weight.min_raw, weight.max_raw + 1, (inputs, units)),
        biases=random.integers(bias.min_raw, bias.max_raw + 1, units),
        activation=integer_activation(activation, QFormat(5, 1), QFormat(4, 2)),
    )


def run(plan: DensePlan, *, seed: int | None = None, family: str | None = None):
    """Cycles of the transfers in and out of some frames; checks the outputs."""
    dut, p = DenseComponent(plan), plan.parameters
    width, lanes = plan.folding.inputs_per_cycle, plan.lanes
    random = np.random.default_rng(5)
    x = random.integers(p.input.min_raw, p.input.max_raw + 1, (FRAMES, p.input_count))
    x[0], x[1] = p.input.max_raw, p.input.min_raw
    # Lanes that the last transfer has to spare are any.
    beats = random.integers(p.input.min_raw, p.input.max_raw + 1, (FRAMES, plan.beats * width))
    beats[:, : p.input_count] = x
    stalls = [no_stalls] * 2 if seed is None else [random_stalls(seed), random_stalls(seed + 1)]
    sent, received = [], []

    async def source(ctx):
        sent.extend(
            await send(ctx, dut.i, beats.reshape(-1, width).tolist(), stalls=stalls[0])
        )

    async def sink(ctx):
        payloads, cycles = await receive(
            ctx, dut.o, FRAMES * plan.groups_in_frame, stalls=stalls[1]
        )
        await expect_silence(ctx, dut.o, 40)
        received.extend([[list(payload) for payload in payloads], cycles])

    simulate(dut, source, sink, family=family)
    values = np.reshape(received[0], (FRAMES, plan.groups_in_frame * lanes))[:, : p.units]
    np.testing.assert_array_equal(values, p.compute(x))
    return sent, received[1]


PLANS = {
    # inputs, units, inputs a cycle, outputs a cycle, lanes, captured
    "one by all": (9, 3, 1, 3, 1, True),
    "one by all, waiting": (9, 3, 1, 3, 1, False),
    "few inputs": (2, 3, 1, 3, 1, True),
    "passes": (5, 7, 1, 3, 1, True),
    "passes, waiting": (5, 7, 2, 3, 1, False),
    "passes of long frames": (17, 5, 2, 2, 2, True),
    "a pass for each": (6, 4, 3, 1, 1, True),
    "many groups": (7, 12, 2, 6, 1, True),
    "all at once": (4, 3, 4, 3, 3, True),
    "all at once, waiting": (4, 3, 4, 3, 3, False),
    "all inputs by one": (4, 3, 4, 1, 1, True),
    "spare lanes": (8, 5, 3, 5, 2, True),
}


def plan_of(name: str, **options) -> DensePlan:
    inputs, units, width, neurons, lanes, double_buffered = PLANS[name]
    return DensePlan(
        layer(inputs, units), Folding(width, neurons), lanes, double_buffered=double_buffered,
        **options,
    )


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", PLANS)
def test_outputs_under_stalls(name, seed):
    run(plan_of(name), seed=seed)


@pytest.mark.parametrize("family", [XC7, ECP5])
@pytest.mark.parametrize("name", ["one by all", "passes, waiting", "all inputs by one"])
def test_outputs_of_a_family(name, family):
    run(plan_of(name), seed=3, family=family)


@pytest.mark.parametrize("seed", [None, 4])
@pytest.mark.parametrize("double_buffered", [True, False])
@pytest.mark.parametrize("family", [None, XC7])
def test_selecting_units(family, double_buffered, seed):
    plan = DensePlan(
        layer(9, 4, QFormat(1, 1)), Folding(1, 4), 1, double_buffered=double_buffered,
        multipliers=Multipliers(select=2, packed=1),
    )
    run(plan, seed=seed, family=family)


@pytest.mark.parametrize("name", PLANS)
def test_times_of_transfers(name):
    inputs, units, width, neurons, lanes, double_buffered = PLANS[name]
    sent, received = run(plan_of(name))
    beats = -(-inputs // width)
    neurons = min(neurons, units)
    passes = -(-units // neurons)
    in_pass, in_frame = -(-neurons // lanes), -(-units // lanes)
    groups = [in_pass] * (passes - 1) + [in_frame - in_pass * (passes - 1)]
    # Weights are there two cycles after reset, or at once if there is one row of them.
    ready = 0 if beats * passes == 1 else 2
    # The first pass takes a transfer each cycle.
    assert sent[:beats] == list(range(ready, ready + beats))
    # Product, adder tree, sum, and capture; selection among many groups; activation.
    to_sums = 2 + (width - 1).bit_length() + double_buffered
    to_output = (in_pass > 4) + 2
    last, expected = sent[beats - 1], []
    for count in groups:
        first = last + to_sums + to_output
        expected += range(first, first + count)
        free = last + to_sums + count
        # The next pass ends once the sums are free, and takes an input each cycle.
        last = max(last + beats, free) if double_buffered else free + beats - 1
    assert received[:in_frame] == expected
    # And so on, frame by frame.
    interval = last - sent[beats - 1]
    for frame in range(1, FRAMES):
        found = received[frame * in_frame : (frame + 1) * in_frame]
        assert found == [cycle + frame * interval for cycle in expected]
    assert sent[beats - 1 :: beats] == [sent[beats - 1] + n * interval for n in range(FRAMES)]


def test_takes_an_input_each_cycle_frame_after_frame():
    sent, received = run(plan_of("one by all"))
    assert sent == list(range(2, 2 + 9 * FRAMES))
    assert np.diff(received[::3]).tolist() == [9] * (FRAMES - 1)
