import numpy as np
import pytest

from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.error_feedback import _ByInputs, _BySamples, feedback_of
from build_decoder.quant.formats import NodeKey
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.weight_rounding import CompensatedRounding, NearestRounding, on_grid


@pytest.fixture(scope="module")
def case():
    network = load_network("ahead_case1")
    return network, load_golden("ahead_case1", network)


def test_weights_are_on_the_grid(case):
    network, golden = case
    format = QFormat(-2, 5)
    for rounding in (NearestRounding(), CompensatedRounding(network, golden.search.x)):
        formats = {NodeKey(node.name, "weight"): format for node in network.nodes}
        for layer in on_grid(network, formats, rounding).layers:
            np.testing.assert_array_equal(
                format.to_real(format.quantise(layer.weights)), layer.weights
            )


def test_compensation_brings_sums_closer_on_unseen_samples(case):
    network, golden = case
    format = QFormat(-2, 5)
    wanted = golden.unseen.x @ network.layers[0].weights + network.layers[0].bias
    errors = []
    for rounding in (NearestRounding(), CompensatedRounding(network, golden.search.x)):
        arrays = rounding.arrays(network.nodes[0], format)
        weights = format.to_real(format.quantise(arrays["weights"]))
        errors.append(np.sqrt(np.mean((golden.unseen.x @ weights + arrays["bias"] - wanted) ** 2)))
    nearest, compensated = errors
    assert compensated < 0.9 * nearest


def test_fine_formats_change_nothing(case):
    network, golden = case
    format = QFormat(0, 30)
    first = network.nodes[0]
    arrays = CompensatedRounding(network, golden.search.x).arrays(first, format)
    np.testing.assert_allclose(arrays["weights"], first.weights["weights"], atol=1e-6)
    np.testing.assert_allclose(arrays["bias"], first.weights["bias"], atol=1e-5)


def test_few_samples_and_many_give_the_same_weights():
    """Both forms of the feedback, on correlated inputs, some of which do not vary."""
    random = np.random.default_rng(4)
    grid = QFormat(1, 4)
    for samples, inputs in ((20, 150), (64, 65), (90, 40), (1, 3)):
        x = random.normal(size=(samples, 4)) @ random.normal(size=(4, inputs))
        x += random.normal(size=x.shape)
        x[:, 0], x[:, -1] = 2.0, 0.0
        weights = random.normal(size=(inputs, 5)) / 2
        one, other = _ByInputs.of(x), _BySamples.of(x)
        np.testing.assert_allclose(one.mean, other.mean)
        rounded = one.rounded(weights, grid)
        np.testing.assert_array_equal(rounded, other.rounded(weights, grid))
        np.testing.assert_array_equal(rounded, grid.nearest(rounded))


def test_errors_cancel_as_well_as_they_can():
    """Each weight takes the nearest value to what makes good the errors of those before it."""
    random = np.random.default_rng(5)
    x = random.normal(size=(30, 3)) @ random.normal(size=(3, 12))
    weights = random.normal(size=(12, 2))
    grid = QFormat(2, 3)
    feedback = feedback_of(x)
    rounded = feedback.rounded(weights, grid)
    deviations = x - x.mean(axis=0)
    variances = np.mean(deviations**2, axis=0)
    metric = deviations.T @ deviations / len(x) + variances.mean() * np.eye(12)
    order = np.argsort(-variances, kind="stable")
    for place, index in enumerate(order):
        done, left = order[:place], order[place:]
        change = np.linalg.solve(
            metric[np.ix_(left, left)],
            -metric[np.ix_(left, done)] @ (rounded - weights)[done],
        )
        np.testing.assert_array_equal(grid.nearest(weights[index] + change[0]), rounded[index])
