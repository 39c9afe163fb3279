"""Convolutions as bit heaps: windows and frames of any size, times, and networks."""

import numpy as np
import pytest

from build_decoder.hdl.heap.compressors import NAMES
from build_decoder.hdl.layers.conv2d.heap.plan import ConvolutionHeapPlan
from tests.stage_rig import check_control, component
from tests.test_hdl_conv2d import check, convolution, frames

SHAPES = {
    "more columns than a window": ((7, 1, 3), (3, 1), 3),
    "rows and time": ((4, 3, 2), (3, 2), 2),
    "an even window": ((5, 1, 2), (4, 1), 2),
    "as many columns as wait": ((2, 1, 2), (5, 1), 2),
    "fewer columns than wait": ((3, 1, 2), (9, 1), 2),
    "larger than the image": ((2, 2, 1), (5, 6), 1),
    "one column": ((1, 1, 3), (4, 1), 2),
    "one tap": ((4, 2, 2), (1, 3), 3),
    "one value": ((1, 1, 1), (3, 2), 1),
}


@pytest.mark.parametrize("cells", NAMES)
@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("planes", [1, 2, 4])
def test_every_shape(name, cells, planes):
    shape, kernel, filters = SHAPES[name]
    check(ConvolutionHeapPlan(convolution(shape, kernel, filters), cells, planes))


@pytest.mark.parametrize("name", SHAPES)
def test_a_column_is_a_dense_layer_of_its_window(name):
    shape, kernel, filters = SHAPES[name]
    layer = convolution(shape, kernel, filters)
    plan = ConvolutionHeapPlan(layer, NAMES[0])
    x, (before, behind) = frames(layer), plan.taps
    around = np.pad(x, ((0, 0), (before, behind), (0, 0), (0, 0)))
    for step in range(shape[0]):
        window = around[:, step : step + before + 1 + behind]
        np.testing.assert_array_equal(
            plan.dense.compute(window.reshape(len(x), -1)),
            layer.compute(x)[:, step].reshape(len(x), -1),
        )


@pytest.mark.parametrize("planes", [1, 2, 4])
@pytest.mark.parametrize("name", ["rows and time", "fewer columns than wait", "one tap"])
def test_control_while_others_stall(name, planes):
    shape, kernel, filters = SHAPES[name]
    plan = ConvolutionHeapPlan(convolution(shape, kernel, filters), NAMES[0], planes)
    check_control(component(plan), (1, 1), (1, 0.5), (0.5, 1), (0.5, 0.5))


def test_times():
    """A column in a cycle, or in one a plane; behind the last one, those that wait for zeros."""
    layer = convolution((20, 1, 8), (6, 1), 4)
    plan = ConvolutionHeapPlan(layer, NAMES[0])
    assert plan.times.interval == plan.pace == 20 + 3
    assert plan.times.latency == 20 + 3 - 1 + plan.pipeline.registers
    plan = ConvolutionHeapPlan(layer, NAMES[0], 2)
    assert plan.times.interval == plan.pace == 2 * 20 + 3
    assert plan.times.latency == 3 + 2 * 20 + plan.pipeline.registers
