import numpy as np

from build_decoder.models.spread import standard_deviation, varies


def test_a_constant_column_has_no_spread_whatever_its_value():
    values = np.column_stack([np.full(1000, 0.1), np.arange(1000.0), np.zeros(1000)])
    assert values[:, 0].std() > 0  # what numpy gives
    np.testing.assert_array_equal(standard_deviation(values)[[0, 2]], 0)
    assert standard_deviation(values)[1] == values[:, 1].std()
    np.testing.assert_array_equal(varies(values), [False, True, False])
    np.testing.assert_array_equal(varies(1e-20 * values), [False, True, False])
