"""Plans: counts and times of known layers, by hand."""

import numpy as np
import pytest

from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat


def plan(inputs, units, folding, lanes=1, *, double_buffered=True, multipliers=None,
         signs=(True, True)) -> DensePlan:
    weight = QFormat(1, 2, signs[1])
    layer = Dense(
        input=QFormat(4, 0, signs[0]), weight=weight, accumulator=QFormat(4, 2),
        bias=QFormat(3, 0), weights=np.arange(inputs * units).reshape(inputs, units) % 4,
        biases=np.zeros(units, dtype=np.int64),
        activation=integer_activation("linear", QFormat(6, 0), QFormat(6, 0)),
    )
    return DensePlan(
        layer, Folding(*folding), lanes, double_buffered=double_buffered, multipliers=multipliers
    )


@pytest.mark.parametrize(
    ("arguments", "beats", "groups", "mac", "sums", "drain", "frame"),
    [
        # inputs, units, folding, lanes
        ((10, 4, (1, 4), 1), 10, [4], 2, 3, 2, 10),
        ((10, 4, (1, 9), 1), 10, [4], 2, 3, 2, 10),
        ((10, 4, (3, 4), 2), 4, [2], 4, 5, 2, 7),
        ((10, 5, (5, 5), 1), 2, [5], 5, 6, 3, 11),
        ((10, 5, (2, 2), 1), 5, [2, 2, 1], 3, 4, 2, 17),
        ((10, 5, (8, 2), 2), 2, [1, 1, 1], 5, 6, 2, 21),
        ((2, 7, (2, 3), 3), 1, [1, 1, 1], 3, 4, 2, 15),
    ],
)
def test_counts_and_times(arguments, beats, groups, mac, sums, drain, frame):
    found = plan(*arguments)
    assert (found.beats, found.groups, found.passes) == (beats, groups, len(groups))
    assert (found.groups_in_pass, found.groups_in_frame) == (groups[0], sum(groups))
    assert (found.mac_latency, found.sums_latency, found.drain_latency) == (mac, sums, drain)
    assert found.times.interval == frame
    # Without a capture: a cycle less to the sums, and inputs wait for the last group.
    waiting = plan(*arguments, double_buffered=False)
    assert waiting.sums_latency == sums - 1
    assert waiting.times.interval == sum(sums - 1 + count + beats - 1 for count in groups)


def test_latency():
    # 5 beats, 4 cycles to the sums and 2 to the output; passes end 6 cycles after one another, and
    # the third has a single group.
    assert plan(10, 5, (2, 2)).times.latency == 4 + 4 + 2 + 6 + 6
    # Not captured, sums leave a cycle earlier, and the next pass begins when they have left.
    assert plan(10, 5, (2, 2), double_buffered=False).times.latency == 4 + 3 + 2 + 2 * (5 + 4)


def test_rows_of_weights():
    layer = plan(5, 3, (2, 2))
    weights = layer.parameters.weights
    rows = layer.weight_rows
    assert rows.shape == (6, 2, 2)
    for number in range(2):
        for beat in range(3):
            for k in range(2):
                for n in range(2):
                    input, unit = 2 * beat + k, 2 * number + n
                    right = weights[input, unit] if input < 5 and unit < 3 else 0
                    assert rows[3 * number + beat, k, n] == right


@pytest.mark.parametrize(
    ("signs", "width"),
    [((True, True), 7), ((False, True), 7), ((True, False), 7), ((False, False), 8)],
)
def test_width_of_a_product(signs, width):
    products = plan(4, 3, (2, 3), signs=signs)
    assert not products.units_accumulate
    assert products.unit_width == width
    sums = plan(4, 3, (1, 3), signs=signs)
    assert sums.units_accumulate
    assert sums.unit_width == sums.parameters.exact.width


def test_constant_weights_are_those_of_one_beat_in_one_pass():
    assert plan(4, 3, (4, 3)).constant_weights
    assert not plan(4, 3, (4, 2), 1).constant_weights
    assert not plan(4, 3, (2, 3)).constant_weights


def test_units_capture_their_own_sums_if_they_select_and_sums_are_captured():
    units = Multipliers(packed=1, select=2)
    assert plan(9, 4, (1, 4), multipliers=units).captured_by_units == {2, 3}
    waiting = plan(9, 4, (1, 4), multipliers=units, double_buffered=False)
    assert waiting.captured_by_units == frozenset()
    assert plan(9, 4, (1, 4)).captured_by_units == frozenset()
    assert plan(9, 4, (1, 3), 3).multipliers == Multipliers(dsp=3)


def test_lanes_must_divide_a_pass_unless_one_is_all():
    assert plan(4, 5, (1, 5), 2).groups == [3]
    with pytest.raises(ValueError, match="^expected lanes that divide 4 outputs a cycle, got 3$"):
        plan(4, 6, (1, 4), 3)
