"""Dense layers in floating point equal fractions, and networks become decoders of them."""

import math
from fractions import Fraction

import numpy as np
import pytest

from build_decoder.actions import load
from build_decoder.models.errors import InputError
from build_decoder.options import SourceOptions
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.floating.convert import float_model
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.floating.quantised import input_ranges
from build_decoder.quant.floating.seen import seen_range
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.float_codes import codes_near, finite_codes
from tests.floats import random_chain, rounded, taken

E5M2 = FloatFormat(5, 2)
FORMATS = [FP16, BF16, FP32, E5M2, FloatFormat(4, 3), FloatFormat(5, 10, subnormals=False)]
SIGMOID = integer_activation("sigmoid", QFormat(4, 5), QFormat(1, 4, False))
TANH = integer_activation("tanh", QFormat(3, 6), QFormat(2, 5))
ENDS = {"linear": {}, "relu": {"rectified": True}, "sigmoid": {"form": SIGMOID},
        "tanh": {"form": TANH}}  # fmt: skip


def layer_of(rng, format, terms, draw, end) -> FloatDense:
    """A layer of random codes, biases among them, of a small input range or of all."""
    small = rng.random() < 0.5
    greatest = int(format.encode(3.0)) if small else format.infinity - 1
    least = -1 if small else format.least_exponent
    return FloatDense(
        input=format, weight=format, output=format, greatest=greatest, least=least,
        weights=draw(rng, format, (terms, 2)), biases=draw(rng, format, 2), **ENDS[end],
    )  # fmt: skip


def wanted(layer: FloatDense, row: list[float]) -> list[float]:
    """Outputs of real inputs, in fractions."""
    if np.isnan(row).any():
        return [math.nan] * layer.units
    values = [Fraction(taken(value, layer.range)) for value in row]
    weights, biases = layer.weight.decode(layer.weights), layer.weight.decode(layer.biases)
    found = []
    for neuron, bias in zip(weights.T.tolist(), biases.tolist(), strict=True):
        total = Fraction(bias) + sum(
            value * Fraction(weight) for value, weight in zip(values, neuron, strict=True)
        )
        if layer.rectified:
            total = max(total, Fraction(0))
        if layer.form is not None:
            into, out = layer.form.input, layer.form.output
            code = math.floor(total * 2**into.fraction + Fraction(1, 2))
            code = min(max(code, into.min_raw), into.max_raw)
            total = Fraction(int(layer.form.compute(np.array(code)))) / 2**out.fraction
        found.append(rounded(total, layer.output))
    return found


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_outputs_equal_fractions(format, end):
    rng = np.random.default_rng(3)
    for draw in (finite_codes, codes_near):
        for terms in (1, 4):
            layer = layer_of(rng, format, terms, draw, end)
            x = np.concatenate([
                rng.integers(0, 1 << format.width, (8, terms)), codes_near(rng, format, (8, terms)),
                np.full((1, terms), format.sign_bit), np.full((1, terms), format.nan),
            ])  # fmt: skip
            found = layer.output.decode(layer.compute(x))
            exact = [wanted(layer, row) for row in layer.input.decode(x).tolist()]
            np.testing.assert_array_equal(found, exact)
            numbers = ~np.isnan(found)
            np.testing.assert_array_equal(
                np.signbit(found)[numbers], np.signbit(np.array(exact))[numbers]
            )


def test_the_total_holds_every_sum_and_no_less():
    layer = FloatDense(
        input=FP16, weight=FP16, output=FP16, greatest=int(FP16.encode(15.0)), least=0,
        weights=FP16.encode(np.array([[1.5, -0.25], [1.0, 2.0]])),
        biases=FP16.encode(np.array([0.125, -100.0])),
    )  # fmt: skip
    assert (layer.exact.least, layer.exact.width) == (-2, 9)  # 2.25 * 15 is 135 quarters
    assert (layer.sums.total.least, layer.stored_biases.tolist()) == (-3, [1, -800])
    assert layer.sums.total.width == (270 + 800).bit_length() + 1


def test_what_is_not_taken_as_it_is_is_counted():
    network = random_chain((3, 2), ("linear",), seed=1)
    model = float_model(network, np.arange(9.0).reshape(3, 3), FP16)
    x = np.array([[15.0, -15.0, 0.0], [16.0, 1e9, 0.5], [8.0, -20.0, 2.25]])
    assert input_ranges(model, network, x) == [
        {"layer": 1, "greatest": 15.0, "least_exponent": 0, "inputs": 9, "beyond": 3, "cut": 2,
         "small": 0}
    ]


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_a_range_holds_what_was_seen(format):
    rng = np.random.default_rng(2)
    for values in (np.arange(7.0), rng.normal(size=20), rng.normal(size=20) / 64, np.zeros(3)):
        greatest, least = seen_range(format, values)
        top = float(format.decode(greatest))
        seen = np.abs(format.decode(format.encode(values))).max()
        assert seen <= top < 2 * max(seen, 2.0**least, 1.0 if not seen else 0.0)
        assert top % 2.0**least == 0
    assert seen_range(FP16, np.arange(16.0)) == (int(FP16.encode(15.0)), 0)


@pytest.mark.parametrize("format", [FP16, BF16, FP32], ids=str)
def test_a_trained_network_keeps_its_decisions(format):
    network, golden = load(SourceOptions(network="ahead_case1", golden="ahead_case1"))
    x, y = golden.x[:500], golden.y[:500]
    model = float_model(network, x, format)
    found = model.predict(x)
    assert (found.argmax(axis=1) == y.argmax(axis=1)).all()
    assert np.abs(found - y).max() < 2.0 ** -min(format.fraction, 12) * 2.5
    assert [found["beyond"] for found in input_ranges(model, network, x)] == [0, 0]
    assert model.layers[0].least == 0
    assert model.layers[0].range.greatest == 15.0


@pytest.mark.parametrize("end", ["linear", "relu", "sigmoid", "tanh"])
def test_a_network_of_each_activation_is_near_its_floats(end):
    network = random_chain((6, 5, 3), (end, end), seed=4)
    x = np.random.default_rng(5).normal(size=(200, 6))
    found = float_model(network, x, FP16).predict(x)
    assert np.abs(found - network.forward(x)).max() < 2.0**-6  # a step of FP16 at 16


def test_what_has_no_floating_point_form_is_refused_by_name():
    x = np.zeros((4, 6))
    with pytest.raises(InputError, match="layer 'layer1': expected an activation of linear, relu"):
        float_model(random_chain((6, 5), ("swish",), seed=1), x, FP16)
    big = random_chain((6, 5), ("linear",), seed=1)
    big.nodes[0].weights["weights"][2, 3] = 1e9
    with pytest.raises(InputError, match="expected weights that E5M10 holds, up to 65504"):
        float_model(big, x, FP16)
    with pytest.raises(InputError, match="expected inputs that E4M3 holds"):
        float_model(random_chain((6, 5), ("relu",), seed=1), x + 300, FloatFormat(4, 3))
