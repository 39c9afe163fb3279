from itertools import pairwise

import numpy as np
import pytest

from build_decoder.models import activations as float_activations
from build_decoder.quant.pwl.limits import Limits, limits_of, wanted_results
from build_decoder.quant.pwl.line import find_slopes, intercepts_amid, least_slopes
from build_decoder.quant.pwl.search import cheapest_fit, fewest_segments
from build_decoder.quant.pwl.segmentation import (
    merge_constants,
    segment_greedily,
    segment_uniformly,
)
from build_decoder.quant.pwl.size import lines_size, table_size
from build_decoder.quant.pwl.symmetry import Symmetry, find_symmetry, folded_limits
from build_decoder.quant.qformat import QFormat


def random_limits(random, length):
    wanted = np.cumsum(random.normal(0, 1, length))
    return limits_of(wanted, QFormat(12, 0), random.uniform(0.6, 3))


def has_line(low, high, guard_bits):
    """Whether any slope and intercept do, by trying all."""
    one = 1 << guard_bits
    offsets = np.arange(len(low))
    for slope in range(-8 * one, 8 * one + 1):
        reach = slope * offsets
        if (low * one - reach).max() <= ((high + 1) * one - 1 - reach).min():
            return True
    return False


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("guard_bits", [0, 2, 5])
def test_slope_is_found_where_there_is_one(seed, guard_bits):
    limits = random_limits(np.random.default_rng(seed), 2 + seed % 5)
    low, high = limits.cut(0, limits.positions, limits.positions)
    slopes = find_slopes(low, high, guard_bits)
    assert (slopes is not None) == has_line(low[0], high[0], guard_bits)
    if slopes is not None:
        steps = (slopes * (1 << guard_bits)).astype(np.int64)
        intercept = intercepts_amid(low, high, steps, guard_bits)[0]
        line = (intercept + steps[0] * np.arange(limits.positions)) >> guard_bits
        assert (low[0] <= line).all()
        assert (line <= high[0]).all()


def test_least_slope():
    # From (0, 0 to 1) to (4, 8 to 9): slopes from above 6/4 to below 10/4.
    low, high = np.array([[0.0, -99, -99, -99, 8]]), np.array([[1.0, 99, 99, 99, 9]])
    slopes = [least_slopes(low, high, np.array([2.0]), guard_bits)[0] for guard_bits in range(4)]
    np.testing.assert_array_equal(slopes, [2, 2, 1.75, 1.625])
    low, high = -high, -low
    slopes = [least_slopes(low, high, np.array([-2.0]), guard_bits)[0] for guard_bits in range(4)]
    np.testing.assert_array_equal(slopes, [-2, -2, -1.75, -1.625])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("step", [1, 2, 4])
def test_greedy_is_optimal(seed, step):
    limits = random_limits(np.random.default_rng(seed), 32)
    segments = segment_greedily(limits, step)
    # Fewest segments that end at each boundary, over all ways to cut.
    fewest = {0: 0}
    for end in range(step, limits.positions + 1, step):
        starts = [
            fewest[start] for start in fewest
            if find_slopes(*limits.cut(start, end, end - start)) is not None
        ]
        if starts:
            fewest[end] = min(starts) + 1
    if segments is None:
        assert limits.positions not in fewest
        return
    assert len(segments) == fewest[limits.positions]
    assert (segments[0].start, segments[-1].end) == (0, limits.positions)
    assert all(a.end == b.start for a, b in pairwise(segments))
    assert segment_greedily(limits, step, most=len(segments)) == segments
    assert segment_greedily(limits, step, most=len(segments) - 1) is None


def test_uniform_segments_and_merged_constants():
    low = np.repeat([0.0, 0, 4, 8, 8, 8, 9, 9], 2)
    limits = Limits(low, low)
    segments = segment_uniformly(limits, 2)
    assert len(segments) == 8
    assert [s.end for s in merge_constants(limits, segments)] == [4, 6, 12, 16]
    assert segment_uniformly(Limits(low[::-1] ** 3, low[::-1] ** 3), 16) is None


def test_symmetry_is_seen():
    input, output = QFormat(4, 6), QFormat(1, 7)

    def seen(name):
        return find_symmetry(wanted_results(float_activations.get(name), input, output))

    assert seen("tanh") == Symmetry(0)
    assert seen("sigmoid") == Symmetry(128)
    assert seen("gaussian") == Symmetry(None)
    assert seen("gelu") is None
    assert find_symmetry(np.zeros(2)) is None


def test_folded_limits():
    # Codes -2, -1, 0, 1 and f(-x) = 10 - f(x): -1 and -2 say what 1 and 2 must be.
    limits = Limits(np.array([1.0, 3, 5, 7]), np.array([2.0, 4, 6, 8]))
    folded = folded_limits(limits, Symmetry(10))
    low, high = folded.cut(0, 2, 2)
    np.testing.assert_array_equal(low, [[5, 7, 8]])
    np.testing.assert_array_equal(high, [[6, 7, 9]])


def test_coarsened_limits():
    limits = Limits(np.array([1.0, 3, 5, 6]), np.array([4.0, 5, 8, 7]))
    coarser = limits.coarsened(1)
    np.testing.assert_array_equal(coarser.low, [3, 6])
    np.testing.assert_array_equal(coarser.high, [4, 7])


def test_fewest_and_cheapest():
    wanted = wanted_results(float_activations.get("tanh"), QFormat(3, 7), QFormat(1, 7))
    limits = folded_limits(limits_of(wanted, QFormat(1, 7), 1.0), Symmetry(0))
    fewest = fewest_segments(limits)
    assert fewest_segments(limits, most=len(fewest.segments) - 1) is None
    cheapest = cheapest_fit(limits, folded=True, output_width=8)
    assert len(cheapest.segments) > len(fewest.segments)
    how = {"folded": True, "output_width": 8}
    assert cheapest.size(**how) < fewest.size(**how)


def test_sizes():
    assert table_size(np.arange(64), 6) == 6
    # Bits 6 and 7 have two different blocks each, the others one.
    assert table_size(np.arange(256), 8) == 6 + 2 * 2
    size = lines_size(
        folded=True, position_bits=8, step_bits=4, segments=16, offset_bits=4, slope_bits=5,
        intercept_bits=12,
    )
    # Inverters, coefficients, four rows, and the sum.
    assert size == 8 + (5 + 12) + 4 * 6 + 12
