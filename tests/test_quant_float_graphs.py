"""Networks of convolutions, pools and branches in floating point equal fractions."""

from fractions import Fraction

import numpy as np
import pytest

from build_decoder.models.errors import InputError
from build_decoder.models.layers.add import Add
from build_decoder.models.layers.average_pool import AveragePool
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.network import Input, Network, Node
from build_decoder.quant.floating.add import FloatAdd
from build_decoder.quant.floating.average_pool import FloatAveragePool
from build_decoder.quant.floating.conv2d import FloatConv2d
from build_decoder.quant.floating.convert import float_model
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.floating.global_average_pool import FloatGlobalAveragePool
from build_decoder.quant.floating.quantised import input_ranges
from build_decoder.quant.layers.max_pool import MaxPool as IntegerMaxPool
from build_decoder.quant.operations.pool import Pool
from build_decoder.sim.float_codes import any_codes, codes_near, finite_codes
from tests.floats import rounded, taken
from tests.test_quant_float_dense import ENDS, wanted

FLUSHED = FloatFormat(4, 3, subnormals=False)
FORMATS = [FP16, FP32, FLUSHED]


def convolution(rng, format, shape, kernel, filters, end) -> FloatConv2d:
    """A convolution of random codes, of a small input range or of all."""
    small = rng.random() < 0.5
    return FloatConv2d(
        input=format, weight=format, output=format, shape=shape,
        greatest=int(format.encode(3.0)) if small else format.infinity - 1,
        least=-1 if small else format.least_exponent,
        weights=codes_near(rng, format, (*kernel, shape[2], filters)),
        biases=codes_near(rng, format, filters), **ENDS[end],
    )  # fmt: skip


def window(x: np.ndarray, kernel: tuple[int, int], row: int, column: int) -> np.ndarray:
    """Codes under a window, plus zero around the image: (kernel rows, kernel columns, channels)."""
    found = np.zeros((*kernel, x.shape[2]), dtype=np.int64)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            r, c = row + i - (kernel[0] - 1) // 2, column + j - (kernel[1] - 1) // 2
            if 0 <= r < x.shape[0] and 0 <= c < x.shape[1]:
                found[i, j] = x[r, c]
    return found


SHAPES = [((4, 3, 2), (3, 2)), ((5, 1, 2), (4, 1)), ((2, 2, 1), (3, 4)), ((3, 2, 2), (1, 1))]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_each_output_of_a_convolution_equals_fractions(format, end):
    rng = np.random.default_rng(1)
    for shape, kernel in SHAPES:
        layer = convolution(rng, format, shape, kernel, 2, end)
        dense = FloatDense(
            input=format, weight=format, output=format, greatest=layer.greatest,
            least=layer.least, weights=layer.weights.reshape(-1, 2), biases=layer.biases,
            rectified=layer.rectified, form=layer.form,
        )  # fmt: skip
        x = np.stack([codes_near(rng, format, shape), any_codes(rng, format, shape)])
        found = format.decode(layer.compute(x))
        for frame, row, column in np.ndindex(found.shape[:3]):
            row_of_codes = window(x[frame], kernel, row, column).ravel()
            exact = wanted(dense, format.decode(row_of_codes).tolist())
            np.testing.assert_array_equal(found[frame, row, column], exact)


def test_nan_reaches_the_windows_that_it_is_in_and_no_others():
    rng = np.random.default_rng(2)
    layer = convolution(rng, FP16, (5, 4, 2), (3, 2), 3, "linear")
    x = codes_near(rng, FP16, (1, 5, 4, 2))
    x[0, 2, 1, 1] = FP16.nan
    nan = np.isnan(FP16.decode(layer.compute(x)))[0].all(axis=2)
    # Of three rows around it, and of two columns from it on.
    reached = np.zeros((5, 4), dtype=bool)
    reached[1:4, 0:2] = True
    np.testing.assert_array_equal(nan, reached)


@pytest.mark.parametrize("format", [FP16, BF16, FP32, FLUSHED], ids=str)
def test_the_largest_of_a_window_is_that_of_the_values(format):
    rng = np.random.default_rng(3)
    shape = (3, 5, 2)
    x = [any_codes(rng, format, (40, *shape)), codes_near(rng, format, (9, *shape))]
    x = np.concatenate(x)
    x[0] = rng.choice([0, format.sign_bit], shape)
    x = np.where(np.isnan(format.decode(x)), format.nan, x)
    found = IntegerMaxPool(format, Pool((2, 3)), (2, 2, 2)).compute(x)
    values = np.full((len(x), 4, 6, 2), -np.inf)
    # What is missing of windows lies behind the image, since one row and one column are.
    values[:, :3, :5] = np.where(np.isnan(format.decode(x)), np.inf, format.decode(x))
    largest = values.reshape(len(x), 2, 2, 2, 3, 2).max(axis=(2, 4))
    got = format.decode(found)
    np.testing.assert_array_equal(np.where(np.isnan(got), np.inf, got), largest)
    # Among zeros, the positive one is the larger.
    padded = np.zeros((4, 6, 2), dtype=bool)
    padded[:3, :5] = x[0] == 0
    np.testing.assert_array_equal(
        found[0] == 0, padded.reshape(2, 2, 2, 3, 2).any(axis=(1, 3))
    )


@pytest.mark.parametrize("size", [(2, 2), (3, 3), (5, 1)])
@pytest.mark.parametrize("format", [FP16, BF16, FP32, FLUSHED], ids=str)
def test_means_equal_fractions(format, size):
    rng = np.random.default_rng(7)
    shape = (7, 3, 2)
    for greatest, least in ((int(format.encode(3.0)), -1), (format.infinity - 1, None)):
        least = format.least_exponent if least is None else least
        ends = {"input": format, "output": format, "greatest": greatest, "least": least}
        layer = FloatAveragePool(shape=shape, size=size, **ends)
        x = np.stack([
            codes_near(rng, format, shape), finite_codes(rng, format, shape),
            any_codes(rng, format, shape),
        ])  # fmt: skip
        found, values = format.decode(layer.compute(x)), format.decode(x)
        for frame, row, column, channel in np.ndindex(found.shape):
            rows = slice(row * size[0], (row + 1) * size[0])
            columns = slice(column * size[1], (column + 1) * size[1])
            window = values[frame, rows, columns, channel].ravel()
            got = found[frame, row, column, channel]
            np.testing.assert_equal(got, mean_of(window, layer))
        whole = FloatGlobalAveragePool(shape=shape, **ends)
        for frame, channel in np.ndindex(3, 2):
            got = format.decode(whole.compute(x))[frame, channel]
            np.testing.assert_equal(got, mean_of(values[frame, :, :, channel].ravel(), whole))


@pytest.mark.parametrize("format", [FP16, FP32, FLUSHED], ids=str)
def test_sums_of_branches_equal_fractions(format):
    rng = np.random.default_rng(8)
    for greatest, least in ((int(format.encode(3.0)), -1), (format.infinity - 1, None)):
        least = format.least_exponent if least is None else least
        layer = FloatAdd(
            input=format, output=format, greatest=greatest, least=least, count=3, output_shape=(5,)
        )
        x = [draw(rng, format, (3, 9, 5)) for draw in (codes_near, any_codes)]
        x = np.concatenate(x, axis=1)
        found, values = format.decode(layer.compute(*x)), format.decode(x)
        for place in np.ndindex(found.shape):
            each = [value[place] for value in values]
            total = sum(
                Fraction(taken(value, layer.range)) for value in each if not np.isnan(value)
            )
            exact = np.nan if np.isnan(each).any() else rounded(total, format)
            np.testing.assert_equal(found[place], exact)


def mean_of(values: np.ndarray, layer) -> float:
    """The mean that a layer gives of real values, in fractions."""
    if np.isnan(values).any():
        return np.nan
    total = sum(Fraction(taken(value, layer.range)) for value in values.tolist())
    return rounded(total / len(values), layer.output)


def residual() -> Network:
    """A convolution and what it takes, added."""
    rng = np.random.default_rng(9)
    arrays = {"weights": rng.normal(size=(3, 1, 2, 2)), "bias": rng.normal(size=2)}
    nodes = (
        Node("conv", ("x",), Conv2d(2, (3, 1), "relu"), arrays),
        Node("sum", ("x", "conv"), Add(), {}),
        Node("mean", ("sum",), GlobalAveragePool(), {}),
    )
    return Network("residual", (Input("x", (4, 3, 2)),), nodes)


def test_ranges_of_sums_hold_all_that_they_take():
    net, x = residual(), np.random.default_rng(10).normal(size=(40, 24))
    model = float_model(net, x, FP16)
    assert np.abs(model.predict(x) - net.forward(x)).max() < 2.0**-8
    ranges = input_ranges(model, net, x)
    assert [(each["layer"], each["inputs"], each["beyond"]) for each in ranges] == [
        (1, 40 * 24, 0), (2, 2 * 40 * 24, 0), (3, 40 * 24, 0)
    ]
    assert ranges[1]["greatest"] >= max(ranges[0]["greatest"], 1.0)


def network(*, activation="relu", pool=MaxPool((2, 2)), last=None) -> Network:
    """Two convolutions of one image beside each other, a pool, and a dense layer."""
    rng = np.random.default_rng(4)

    def node(name, inputs, layer, *shapes):
        keys = ("weights", "bias")
        arrays = {key: rng.normal(size=shape) for key, shape in zip(keys, shapes, strict=False)}
        return Node(name, inputs, layer, arrays)

    nodes = [
        node("a", ("x",), Conv2d(2, (3, 2), activation), (3, 2, 2, 2), (2,)),
        node("b", ("x",), Conv2d(3, (1, 3), "tanh"), (1, 3, 2, 3), (3,)),
        node("both", ("a", "b"), Concat()),
        node("pool", ("both",), pool),
        node("row", ("pool",), Flatten()),
    ]
    (count,) = Network("row", (Input("x", (4, 3, 2)),), tuple(nodes)).shapes["row"]
    nodes.append(node("dense", ("row",), Dense(3, "linear"), (count, 3), (3,)))
    if last is not None:
        nodes.append(Node("last", ("dense",), last, {}))
    return Network("test", (Input("x", (4, 3, 2)),), tuple(nodes))


@pytest.mark.parametrize("pool", [MaxPool((2, 2)), AveragePool((3, 1))], ids=["max", "average"])
@pytest.mark.parametrize("format", [FP16, FP32], ids=str)
def test_a_network_is_near_its_floats(format, pool):
    net = network(pool=pool)
    x = np.random.default_rng(5).normal(size=(60, 24))
    model = float_model(net, x, format)
    found = model.predict(x)
    assert np.abs(found - net.forward(x)).max() < 2.0 ** (6 - min(format.fraction, 12))
    ranges = input_ranges(model, net, x)
    averaged = [(4, 0)] * isinstance(pool, AveragePool)
    counts = [(each["layer"], each["beyond"]) for each in ranges]
    assert counts == [(1, 0), (2, 0), *averaged, (6, 0)]
    assert ranges[0]["inputs"] == 60 * 24


def test_pools_and_the_like_hand_the_range_of_a_form_on():
    net = network(activation="tanh")
    model = float_model(net, np.random.default_rng(6).normal(size=(9, 24)), FP16)
    dense = model.nodes[-1].layer
    assert (dense.range.greatest, dense.least) == (1.0, -12)


def test_what_has_no_floating_point_form_is_refused_by_its_name():
    x = np.zeros((2, 24))
    with pytest.raises(InputError, match="layer 'last': expected a type that there is"):
        float_model(network(last=Softmax()), x, FP16)
    with pytest.raises(InputError, match="layer 'a': expected an activation of linear, relu"):
        float_model(network(activation="swish"), x, FP16)
