import numpy as np
import pytest

from build_decoder.models import activations

EXTREMES = np.array([-1e30, -750.0, -1.0, -0.0, 0.0, 0.5, 750.0, 1e30])


def test_names_are_found():
    shipped = {
        "elu", "exp", "gaussian", "gelu", "leaky_relu", "linear", "relu", "sigmoid", "softplus",
        "swish", "tanh",
    }
    assert shipped <= set(activations.names())


@pytest.mark.parametrize("name", activations.names())
def test_shape_and_type(name: str):
    function = activations.get(name).function
    assert activations.get(name).name == name
    result = function(EXTREMES.reshape(2, 4))
    assert result.shape == (2, 4)
    assert result.dtype == np.float64
    assert np.isfinite(result).all()
    assert function(np.array([1, 2])).dtype == np.float64


def test_values():
    x = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_array_equal(activations.get("linear").function(x), x)
    np.testing.assert_array_equal(activations.get("relu").function(x), [0, 0, 3])
    np.testing.assert_array_equal(activations.get("tanh").function(x), np.tanh(x))
    np.testing.assert_allclose(activations.get("sigmoid").function(x), 1 / (1 + np.exp(-x)))


def test_values_of_the_others():
    x = np.array([-2.0, 0.0, 3.0])

    def check(name, expected):
        np.testing.assert_allclose(activations.get(name).function(x), expected, rtol=1e-12)

    check("leaky_relu", [-0.4, 0, 3])
    check("elu", [np.exp(-2) - 1, 0, 3])
    check("softplus", np.log(1 + np.exp(x)))
    check("swish", x / (1 + np.exp(-x)))
    check("gelu", [-2 * 0.022750131948179207, 0, 3 * 0.9986501019683699])
    check("exp", np.exp(x))
    check("gaussian", np.exp(-(x**2)))


def test_sigmoid_at_extremes():
    sigmoid = activations.get("sigmoid").function
    np.testing.assert_array_equal(sigmoid(EXTREMES)[[0, 3, 4, 7]], [0.0, 0.5, 0.5, 1.0])


@pytest.mark.parametrize(
    "name",
    [
        "softmin", "leaky_relu()", "leaky_relu(0)", "leaky_relu(-0.1)", "leaky_relu(1.5)",
        "leaky_relu(nan)", "leaky_relu(0.1", "leaky_relu(0.1)x", "leaky_relu(1e)", "elu(1e9)",
        "sigmoid(2)", "relu(0.0)",
    ],
)  # fmt: skip
def test_unknown_name(name: str):
    assert not activations.is_known(name)
    with pytest.raises(KeyError):
        activations.get(name)


def test_families():
    x = np.array([-2.0, 0.0, 3.0, 7.0])

    def check(name, expected):
        assert activations.is_known(name)
        assert activations.get(name).name == name
        np.testing.assert_allclose(activations.get(name).function(x), expected, rtol=1e-12)

    check("leaky_relu(0.01)", [-0.02, 0, 3, 7])
    check("elu(0.5)", [0.5 * (np.exp(-2) - 1), 0, 3, 7])
    check("relu(6.0)", [0, 0, 3, 6])
    assert activations.get("leaky_relu(0.01)").threshold == 0.0


@pytest.mark.parametrize(
    ("family", "value", "name"),
    [
        ("leaky_relu", 0.3, "leaky_relu(0.3)"),
        ("leaky_relu", float(np.float32(0.3)), "leaky_relu(0.3)"),
        ("leaky_relu", 1 / 3, "leaky_relu(0.3333333333333333)"),
        ("leaky_relu", 0.2, "leaky_relu"),
        ("elu", 1, "elu"),
        ("relu", 6, "relu(6.0)"),
        ("relu", 2**-20, "relu(9.536743e-07)"),
    ],
)
def test_name_of_a_member(family: str, value: float, name: str):
    assert activations.of_parameter(family, value) == name
    assert activations.is_known(name)
