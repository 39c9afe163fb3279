"""Convolutions in hardware: every folding, windows larger than images, and times."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from build_decoder.hdl.layers.conv2d.part import Part
from build_decoder.hdl.layers.conv2d.plan import Conv2dPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layers.conv2d import Conv2d
from build_decoder.quant.qformat import QFormat
from tests.stage_rig import check_control, component, runs
from tests.sweeps import swept

FRAMES = 4


def convolution(shape, kernel, filters, *, seed=0, activation="linear") -> Conv2d:
    """With formats that lose nothing, so that each product shows in the outputs."""
    random = np.random.default_rng(seed)
    input, weight, wide = QFormat(4, 0), QFormat(3, 0), QFormat(14, 0)
    weights = random.integers(-4, 4, (*kernel, shape[2], filters))
    return Conv2d(
        shape=shape,
        input=input,
        weight=weight,
        accumulator=wide,
        bias=weight,
        weights=weights,
        biases=random.integers(-4, 4, filters),
        activation=integer_activation(activation, wide, wide),
    )


def frames(layer: Conv2d, seed: int = 0) -> np.ndarray:
    """Raw inputs: a loud frame, a quiet one, and others, with values at the edges of some."""
    random = np.random.default_rng(seed)
    x = random.integers(-8, 8, (FRAMES, *layer.shape))
    x[0], x[1] = 7, 0
    x[2, -1], x[2, :-1] = -8, 0
    return x


def check(plan: Conv2dPlan, *, seeds=(None, 3)) -> None:
    x = frames(plan.layer)
    expected = plan.layer.compute(x).reshape(FRAMES, -1)
    found = runs(
        component(plan),
        [x.reshape(FRAMES, -1)],
        seeds=seeds,
        deadline=200 + 4 * plan.times.interval,
    )
    for seed, ((got,), taken, (cycles,)) in zip(seeds, found, strict=True):
        np.testing.assert_array_equal(got, expected, err_msg=str(plan.choices))
        if seed is None:
            ends = cycles[plan.output.beats - 1 :: plan.output.beats]
            assert ends[0] - taken[0][0] == plan.times.latency
            assert max(b - a for a, b in pairwise(ends)) == plan.times.interval


SHAPES = {
    "more channels than fit": ((5, 1, 5), (3, 1), 2),
    "rows and time": ((4, 3, 2), (3, 4), 2),
    "larger than the image": ((2, 2, 1), (5, 6), 1),
    "one value": ((1, 1, 1), (3, 2), 2),
    "one tap": ((3, 2, 2), (1, 1), 3),
}


@pytest.mark.parametrize("part", swept(range(3), 3))
@pytest.mark.parametrize("name", swept(SHAPES, 2))
def test_every_folding(name, part):
    shape, kernel, filters = SHAPES[name]
    layer = convolution(shape, kernel, filters)
    for plan in [*Conv2dPlan.options(layer, (shape,))][part::3]:
        check(plan, seeds=(None,))
        check(plan.giving(2), seeds=(3,))


@pytest.mark.parametrize("double_buffered", [True, False])
def test_control_while_others_stall(double_buffered):
    layer = convolution((4, 2, 2), (3, 2), 3)
    for folding in (Folding(2, 2), Folding(12, 3), Folding(4, 1)):
        plan = Conv2dPlan(layer, folding, 1, double_buffered)
        check_control(component(plan), (1, 1), (1, 0.5), (0.5, 1), (0.5, 0.5))


def test_times():
    """A column of outputs takes its blocks, and the first one waits for the window's columns."""
    layer = convolution((9, 4, 2), (4, 3), 4)
    plan = Conv2dPlan(layer, Folding(2, 2), 2)
    beats, passes = 4 * 3, 2
    assert (plan.neurons.beats, plan.neurons.passes) == (beats, passes)
    assert plan.times.interval == 9 * 4 * passes * beats
    # Three columns of four transfers, all blocks, reading, and what a dense layer takes behind it.
    behind = 2 + plan.neurons.sums_latency + plan.neurons.drain_latency
    assert plan.times.latency == 3 * 4 + plan.times.interval + behind - 1


def test_short_passes_follow_each_other_without_a_pause():
    """Sums of several positions are on their way, where there is a place for each."""
    layer = convolution((9, 4, 2), (4, 3), 4)
    for folding, beats, passes in ((Folding(24, 4), 1, 1), (Folding(12, 4), 2, 1),
                                   (Folding(24, 2), 1, 2)):
        plan = Conv2dPlan(layer, folding, folding.outputs_per_cycle)
        assert plan.times.interval == 9 * 4 * beats * passes
        assert plan.neurons.places == 16 // beats
        check(plan, seeds=(None, 3))
        waiting = replace(plan, overlapping=False)
        assert waiting.neurons.places == 1
        assert waiting.times.interval > 3 * plan.times.interval
        assert plan.within(plan.times.interval) == plan
        assert plan.within(waiting.times.interval).neurons.places == 1


def test_columns_that_are_kept():
    layer = convolution((9, 4, 2), (4, 3), 4)
    for inputs, places, banks, depth in ((1, 5, 1, 40), (2, 5, 1, 20), (6, 5, 4, 5), (12, 6, 8, 3)):
        store = Conv2dPlan(layer, Folding(inputs, 1), 1).store
        assert (store.places, store.time_banks * store.row_banks) == (places, banks)
        assert store.depth == depth
    # A frame that is shorter than a window needs no more places than it has columns, and one more.
    short = convolution((2, 4, 2), (9, 3), 4)
    assert Conv2dPlan(short, Folding(1, 1), 1).store.places == 3


def test_blocks_have_all_weights_once():
    weights = np.arange(1, 3 * 5 * 4 * 2 + 1).reshape(3, 5, 4, 2)
    for part in Part.options((9, 8, 4), (3, 5)):
        rows = part.in_order(weights)
        assert len(rows) == part.values * np.prod(part.counts)
        assert sorted(rows[rows > 0]) == weights.reshape(-1).tolist()
    assert [part.values for part in Part.options((9, 8, 4), (3, 5))] == [
        1, 2, 4, 8, 12, 20, 40, 60
    ]


def test_blocks_that_there_are_not():
    layer = convolution((4, 3, 4), (3, 3), 2)
    with pytest.raises(ValueError, match="expected 1, 2, 4, 8, 12, 24, 36 inputs a cycle, got 3"):
        Conv2dPlan(layer, Folding(3, 1), 1).part  # noqa: B018
    with pytest.raises(ValueError, match="expected lanes that divide 2 filters, got 4"):
        Conv2dPlan(layer, Folding(1, 2), 4)
