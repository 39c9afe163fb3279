import numpy as np
import pytest

from build_decoder.models import DenseLayer, Network


def dense(inputs: int, units: int, activation: str = "linear") -> DenseLayer:
    weights = np.arange(inputs * units, dtype=np.float64).reshape(inputs, units)
    return DenseLayer(units, activation, weights, np.ones(units))


def test_forward_by_hand():
    network = Network("two", 2, (dense(2, 3, "relu"), dense(3, 1)))
    x = np.array([[1, -1], [2, 1]])
    # layer 1: x @ [[0, 1, 2], [3, 4, 5]] + 1, rectified; layer 2: h @ [0, 1, 2] + 1
    np.testing.assert_array_equal(network.forward(x), [[1.0], [7 + 2 * 10 + 1.0]])
    assert network.forward(x).dtype == np.float64


def test_topology():
    network = Network("two", 4, (dense(4, 3), dense(3, 2)))
    assert network.topology == "4-3-2"
    assert network.output_count == 2


def test_layers_must_chain():
    with pytest.raises(ValueError, match="layer 2: expected 3 inputs, got 4"):
        Network("bad", 2, (dense(2, 3), dense(4, 1)))
    with pytest.raises(ValueError, match="at least one layer"):
        Network("bad", 2, ())


def test_dense_arrays_must_fit():
    with pytest.raises(ValueError, match=r"expected weights \(inputs, 3\), got \(2, 2\)"):
        DenseLayer(3, "linear", np.ones((2, 2)), np.ones(3))
    with pytest.raises(ValueError, match=r"expected bias \(2,\), got \(3,\)"):
        DenseLayer(2, "linear", np.ones((2, 2)), np.ones(3))
    with pytest.raises(ValueError, match="got 'softmin'"):
        DenseLayer(2, "softmin", np.ones((2, 2)), np.ones(2))
