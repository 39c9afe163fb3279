import numpy as np
import pytest

from models.golden import GoldenData, decisions, load_golden
from models.load import load_network
from quant.boundary import boundary_samples
from quant.margins import expected_flips, margins


def test_margins_by_hand():
    y = np.array([[0.9, 0.2, 0.5], [0.1, 0.3, 0.4]])
    np.testing.assert_allclose(margins(y, decisions(y)), [0.4, 0.1])
    np.testing.assert_allclose(margins(y, np.array([2, 1])), [-0.4, -0.1])
    np.testing.assert_allclose(margins(y[:, :2], np.array([0, 0])), [0.7, -0.2])
    np.testing.assert_allclose(margins(y[:, :1], np.array([1, 0])), [0.4, 0.4])


@pytest.mark.parametrize(
    ("errors", "expected"),
    [([0.0], 0), ([0.15], 0.25), ([0.1], 0.125), ([1.0], 1), ([-1.0, 0.25], 0.25)],
)
def test_every_error_meets_every_margin(errors, expected):
    sorted_margins = np.array([0.1, 0.2, 0.3, 0.4])
    assert expected_flips(sorted_margins, np.array(errors)) == pytest.approx(expected)


def test_boundary_samples_are_close_to_a_decision_on_the_grid_of_the_inputs():
    network = load_network("tiny")
    golden = load_golden("tiny", network).search
    samples = boundary_samples(network, golden, count=100)
    assert len(samples) == 100
    np.testing.assert_array_equal(samples.x, np.floor(samples.x))
    assert samples.x.min() >= golden.x.min()
    assert samples.x.max() <= golden.x.max()
    near, all_ = (margins(part.y, decisions(part.y)) for part in (samples, golden))
    assert np.median(near) < np.median(all_) / 3


def test_no_boundary_without_two_decisions():
    network = load_network("tiny")
    golden = load_golden("tiny", network).search
    alike = golden.select(decisions(network.forward(golden.x)) == 0)
    assert isinstance(alike, GoldenData)
    assert len(boundary_samples(network, alike, count=10)) == 0
