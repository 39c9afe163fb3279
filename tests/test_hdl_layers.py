"""What the hardware of every type of layer keeps: the layer's values, and its plan's times.

Layers and raw inputs are those on which the integer layers are compared with exact fractions. A
type that is added is tested without a further line.
"""

import math
from itertools import islice, pairwise

import numpy as np
import pytest

from build_decoder.hdl import layers
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.layer import IntegerLayer
from tests import random_layers
from tests.layer_cases import parts_of, raw_inputs
from tests.stage_rig import check_control, component, runs
from tests.sweeps import swept

LAYERS = 6
MOST_VALUES = 60
MOST_CYCLES = 2000
FRAMES = 4


def cases(kind: str) -> list[tuple[IntegerLayer, list, list[np.ndarray]]]:
    """Some layers of a type, with the shapes of their inputs and raw inputs (frames, ...)."""
    found = []
    for number in range(50):
        case = random_layers.layer(kind, number)
        parts = parts_of(case)
        shapes = (*parts.shapes, parts.layer.output_shape(parts.shapes))
        if max(map(math.prod, shapes)) > MOST_VALUES:
            continue
        frames = [np.resize(raw, (FRAMES, *raw.shape[1:])) for raw in raw_inputs(case)]
        found.append((integer_layers.get(kind).integer(parts), parts.shapes, frames))
        if len(found) == LAYERS:
            break
    return found


def options(layer: IntegerLayer, shapes) -> list[LayerPlan]:
    """Plans of a layer: the first few, in lanes of one and of several values."""
    plans = list(islice(layers.plan_type(layer).options(layer, shapes), 200))
    chosen = [plans[n] for n in sorted({0, len(plans) // 3, len(plans) - 1})]
    given = [plan.giving(lanes) for plan in chosen for lanes in (1, 2)]
    every = dict.fromkeys((*given, *(plan.within(10**6) for plan in given)))
    return [plan for plan in every if plan.wires or plan.times.interval <= MOST_CYCLES]


KINDS = layers.names()
HARDWARE = [kind for kind in KINDS if not layers.get(kind).wires]


@pytest.mark.parametrize("part", swept(range(3), 3))
@pytest.mark.parametrize("kind", HARDWARE)
def test_values_are_those_of_the_layer(kind, part):
    tried = 0
    for number, (layer, shapes, frames) in enumerate(cases(kind)):
        for plan in options(layer, shapes)[(part + number) % 3 :: 3]:
            expected = layer.compute(*frames).reshape(FRAMES, -1)
            given = [each.reshape(FRAMES, -1) for each in frames]
            seeds, deadline = (None, number), 100 + 4 * plan.times.interval
            found = runs(component(plan), given, seeds=seeds, deadline=deadline)
            for seed, ((got,), taken, (cycles,)) in zip(seeds, found, strict=True):
                np.testing.assert_array_equal(got, expected, err_msg=str(plan))
                if seed is None:
                    ends = cycles[plan.output.beats - 1 :: plan.output.beats]
                    first = min(each[0] for each in taken.values())
                    assert ends[0] - first == plan.times.latency, plan
                    assert max(b - a for a, b in pairwise(ends)) == plan.times.interval, plan
            tried += 1
    assert tried >= LAYERS // 3


@pytest.mark.parametrize("part", swept(range(2), 2))
@pytest.mark.parametrize("kind", HARDWARE)
def test_control_is_that_of_the_plan(kind, part):
    layer, shapes, _ = cases(kind)[0]
    for plan in options(layer, shapes)[part::2]:
        check_control(component(plan), (1, 1), (0.5, 0.5))


@pytest.mark.parametrize("kind", KINDS)
def test_plans_belong_to_the_layer(kind):
    for layer, shapes, _ in cases(kind):
        for plan in options(layer, shapes):
            again = layers.plan_type(layer).chosen(layer, shapes, **plan.choices)
            assert type(again) is type(plan)
            assert plan.name == kind
            assert [part.count for part in plan.inputs] == list(map(math.prod, shapes))
            assert tuple(part.format for part in plan.inputs) == layer.inputs
            assert (plan.output.count, plan.output.format) == (layer.output_count, layer.output)
            assert again.choices == plan.choices
            assert again.giving(plan.output.lanes).output == plan.output
