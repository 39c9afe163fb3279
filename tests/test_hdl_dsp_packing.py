import numpy as np
import pytest

from build_decoder.hdl.planning.dsp_packing import DspPacking


@pytest.mark.parametrize("field", [5, 8, 13])
def test_both_sums_come_back_over_the_whole_range_of_the_low_one(field):
    packing = DspPacking(field)
    low = np.arange(-(1 << (field - 1)), 1 << (field - 1))
    for high in (-77, -1, 0, 1, 77):
        packed = packing.start(0) + packing.pack(low, np.int64(high))
        got_low, got_high = packing.unpack(packed)
        np.testing.assert_array_equal(got_low, low)
        np.testing.assert_array_equal(got_high, np.full_like(low, high))


def test_running_sums_of_shared_inputs():
    random = np.random.default_rng(0)
    x = random.integers(0, 16, (50, 200))
    low, high = random.integers(-16, 16, (2, 200))
    packing = DspPacking(14)
    total = packing.start(9) + x @ packing.pack(low, high)
    got_low, got_high = packing.unpack(total)
    np.testing.assert_array_equal(got_low, 9 + x @ low)
    np.testing.assert_array_equal(got_high, 9 + x @ high)


@pytest.mark.parametrize(
    ("low", "high", "width"), [([7], [7], 8), ([-8], [-8], 9), ([0], [-8], 8), ([-1], [-8], 9)]
)
def test_operand_width_is_that_of_the_actual_weights(low, high, width):
    assert DspPacking(4).operand_width(np.array(low), np.array(high)) == width
