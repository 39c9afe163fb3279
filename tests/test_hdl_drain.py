"""Drains: finished sums to outputs, group by group, at the documented times and under stalls."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parts.drain import Drain
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.rounding import Rounding
from tests.rtl import simulate

FRAMES = 4

SHAPES = {
    # units, outputs a cycle, lanes: groups of each pass
    "one group": (3, 3, 3, [1]),
    "a lane": (4, 4, 1, [4]),
    "spare lanes": (5, 5, 2, [3]),
    "many groups": (11, 11, 2, [6]),
    "passes": (6, 2, 1, [2, 2, 2]),
    "a shorter last pass": (7, 3, 1, [3, 3, 1]),
    "groups in passes": (10, 4, 2, [2, 2, 1]),
    "many groups in passes": (13, 6, 1, [6, 6, 1]),
    "a pass for one": (3, 1, 1, [1, 1, 1]),
}


def plan(name: str, activation="linear", *, bias=QFormat(3, 2), **options) -> DensePlan:
    units, outputs_per_cycle, lanes, groups = SHAPES[name]
    random = np.random.default_rng(units)
    weight = QFormat(1, 1)
    layer = Dense(
        input=QFormat(4, 2), weight=weight, accumulator=QFormat(4, 1), bias=bias,
        weights=random.integers(weight.min_raw, weight.max_raw + 1, (6, units)),
        biases=random.integers(bias.min_raw, bias.max_raw + 1, units),
        activation=integer_activation(activation, QFormat(4, 0), QFormat(3, 2)),
    )
    found = DensePlan(layer, Folding(1, outputs_per_cycle), lanes, **options)
    assert found.groups == groups
    return found


def outputs(plan: DensePlan, captured: np.ndarray) -> np.ndarray:
    """``activation(sat(sat(captured) + bias))`` of sums (frames, units)."""
    p = plan.parameters
    accumulator = captured.clip(p.accumulator.min_raw, p.accumulator.max_raw)
    fine = 10
    total = (accumulator << fine - p.accumulator.fraction) + (p.biases << fine - p.bias.fraction)
    return p.activation.compute(p.sum.narrow(total, fine, Rounding.HALF_UP))


@dataclass
class Run:
    loads: list
    dones: list
    transfers: list
    payloads: list


def run(plan: DensePlan, captured: np.ndarray, *, seed: int | None, family=None) -> Run:
    """Drain passes of sums (frames, units); with a seed, loads are late and outputs stall."""
    dut = Drain(plan)
    random = np.random.default_rng(seed)
    low, high = plan.parameters.captured.min_raw, plan.parameters.captured.max_raw
    passes = [
        [*frame[first : first + plan.neurons].tolist()]
        for frame in captured for first in range(0, plan.parameters.units, plan.neurons)
    ]
    held_here = [
        plan.double_buffered and neuron not in plan.captured_by_units
        for neuron in range(plan.neurons)
    ]
    found = Run([], [], [], [])

    async def testbench(ctx):
        waiting, draining, offered = iter(passes), None, None
        following, silent = next(waiting), 0
        for cycle in itertools.count():
            # Long enough for a transfer too many to show.
            silent = 0 if len(found.dones) < len(passes) else silent + 1
            if silent > 30:
                break
            assert cycle < 100 * len(passes)
            ready = seed is None or int(random.integers(2))
            ctx.set(dut.o.ready, ready)
            done = ctx.get(dut.done)
            assert not done or draining is not None
            free = draining is None or done
            load = following is not None and free and (seed is None or random.random() < 0.6)
            # What nobody has a right to look at is any.
            sums = random.integers(low, high + 1, plan.neurons).tolist()
            for neuron, captured_here in enumerate(held_here):
                source = (following if load else None) if captured_here else draining
                if source is not None and neuron < len(source):
                    sums[neuron] = source[neuron]
            ctx.set(dut.load, load)
            ctx.set(dut.sums, sums)
            valid, payload = ctx.get(dut.o.valid), list(ctx.get(dut.o.payload))
            assert offered is None or (valid, payload) == (1, offered)
            offered = payload if valid and not ready else None
            if valid and ready:
                found.transfers.append(cycle)
                found.payloads.append(payload)
            if done:
                found.dones.append(cycle)
                draining = None
            if load:
                found.loads.append(cycle)
                draining, following = following, next(waiting, None)
            await ctx.tick()

    simulate(dut, testbench, family=family)
    return found


def captured_of(plan: DensePlan) -> np.ndarray:
    format = plan.parameters.captured
    random = np.random.default_rng(1)
    sums = random.integers(
        format.min_raw, format.max_raw + 1, (FRAMES, plan.parameters.units)
    )
    sums[0], sums[1] = format.max_raw, format.min_raw
    return sums


def check(plan: DensePlan, *, seed: int | None, family=None):
    captured = captured_of(plan)
    found = run(plan, captured, seed=seed, family=family)
    expected = outputs(plan, captured)
    assert len(found.payloads) == FRAMES * plan.groups_in_frame
    values = np.reshape(found.payloads, (FRAMES, -1))[:, : plan.parameters.units]
    np.testing.assert_array_equal(values, expected)
    assert len(found.dones) == len(found.loads) == FRAMES * plan.passes
    if seed is None:
        groups = plan.groups * FRAMES
        assert found.dones == [
            load + count for load, count in zip(found.loads, groups, strict=True)
        ]
        # The next load comes with done, and so a group leaves in each cycle.
        assert found.loads[1:] == found.dones[:-1]
        latency = 2 + (plan.groups_in_pass > 4)
        first = found.loads[0] + 1 + latency
        assert found.transfers == list(range(first, first + sum(groups)))
        assert plan.drain_latency == latency


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("double_buffered", [True, False])
@pytest.mark.parametrize("name", SHAPES)
def test_groups_leave_in_order_at_their_times(name, double_buffered, seed):
    check(plan(name, double_buffered=double_buffered), seed=seed)


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
@pytest.mark.parametrize("name", ["many groups", "many groups in passes"])
def test_groups_by_the_multiplexers_of_a_family(name, family, seed):
    check(plan(name, double_buffered=True), seed=seed, family=family)


@pytest.mark.parametrize("seed", [None, 2])
@pytest.mark.parametrize("bias", [QFormat(3, 2), QFormat(2, 0), QFormat(4, -1)], ids=str)
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_bias_and_activation(activation, bias, seed):
    check(plan("many groups in passes", activation, bias=bias, double_buffered=True), seed=seed)


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("name", ["a lane", "many groups"])
def test_sums_that_units_capture_are_not_captured_again(name, seed):
    units = SHAPES[name][0]
    layer = plan(
        name, double_buffered=True, multipliers=Multipliers(select=units - 2, dsp=2)
    )
    assert len(layer.captured_by_units) == units - 2
    check(layer, seed=seed)
