import numpy as np
import pytest

from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
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
