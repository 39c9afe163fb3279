"""Numbers too small for a format in floating point are counted, and told where it matters."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import GoldenData, Kind, Network, Task
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.models.layers.dense import Dense
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.floating.quantised import float_quantised, input_ranges


def small(scale: float, up: float):
    """A network and golden data of the same outputs, whatever the scale: inputs are ``scale`` times
    as large, weights of the first layer ``up`` times, and the second one makes up for both."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(6, 8)) / 3, rng.normal(size=(8, 2)) / 3
    net = Network.chain(
        "small", 6, [
            ("first", Dense(8, "relu"),
             {"weights": first * up, "bias": rng.normal(size=8) * scale * up}),
            ("second", Dense(2, "linear"),
             {"weights": second / (scale * up), "bias": np.zeros(2)}),
        ],
    )  # fmt: skip
    return net, golden_of(net, rng.normal(size=(200, 6)) * scale, Kind.REGRESSION)


def golden_of(net: Network, x: np.ndarray, kind: Kind) -> GoldenData:
    held_out = np.arange(len(x)) % 4 == 0
    return GoldenData(x, net.forward(x), None, held_out, Task((kind,), (), "tests"))


@pytest.mark.parametrize("flushed", [False, True])
def test_what_a_format_is_too_small_for_is_named(flushed):
    format = replace(FP16, subnormals=not flushed)
    net, golden = small(1e-7, 1e4)
    found = float_quantised(net, golden, format)
    (inputs,) = (w for w in found.warnings if "inputs searched on that are not zero" in w)
    (lost,) = (w for w in found.warnings if w.startswith("on the samples searched on"))
    for warning in (inputs, lost):
        assert f"{format} has 5 exponent bits" in warning
        assert "become zero (underflow)" in warning
        assert "fraction bits" not in warning
    assert f"--arithmetic 8,10{',ftz' * flushed}, or fixed point" in lost
    assert float_quantised(net, golden, FloatFormat(8, 10, not flushed)).warnings == ()


def test_weights_that_are_too_small_are_named_by_what_they_lose():
    net, golden = small(10.0, 3e-6)
    (lost,) = float_quantised(net, golden, FP16).warnings
    assert "E5M10 has 5 exponent bits" in lost
    assert float_quantised(net, golden, BF16).warnings == ()


def test_formats_that_lack_both_are_told_of_both():
    net, golden = small(1e-3, 10.0)
    (lost,) = (
        w for w in float_quantised(net, golden, FloatFormat(4, 1)).warnings
        if w.startswith("on the samples searched on")
    )
    assert "E4M1 has 4 exponent bits" in lost
    assert "; and it has 1 fraction bit; a format with more of both, " in lost


def test_outputs_that_are_constant_in_the_format_alone_are_told():
    """All inputs become zero: decisions, all of one class, are kept."""
    rng = np.random.default_rng(0)
    net = Network.chain(
        "still", 4, [("only", Dense(3, "linear"),
                      {"weights": rng.normal(size=(4, 3)), "bias": 1e-6 * np.arange(3)})]
    )  # fmt: skip
    x = 1e-8 * rng.uniform(size=(80, 4))
    golden = golden_of(net, x, Kind.CLASSES)
    found = float_quantised(net, golden, FP16)
    assert found.all.agreement == 1
    assert input_ranges(found.model, net, x)[0]["small"] == x.size
    missing, inputs, still = found.warnings
    assert "has classes 0, 1 hardly ever decided" in missing
    assert inputs.startswith("240 of 240 inputs searched on that are not zero are too small: ")
    assert still.startswith("outputs 0, 1, 2 are constant in E5M10 on the samples searched on")
    assert float_quantised(net, golden, FP32).warnings == (missing.replace("E5M10", "E8M23"),)


def test_a_few_small_inputs_are_counted_and_no_matter():
    network = load_network("cursor_mlp")
    x = load_golden("cursor_mlp", network).x[:400]
    x = np.where(np.random.default_rng(1).uniform(size=x.shape) < 0.6, x * 1e-9, x)
    golden = golden_of(network, x, Kind.REGRESSION)
    found = float_quantised(network, golden, FP16)
    assert found.warnings == ()
    assert input_ranges(found.model, network, x)[0]["small"] > 0.3 * np.count_nonzero(x)


@pytest.mark.parametrize("format", [FP16, BF16, FloatFormat(3, 2, False)], ids=str)
def test_numbers_that_underflow_are_those_that_lose_more_than_a_rounding(format):
    codes = np.arange(format.infinity)
    assert not format.underflows(format.decode(codes)).any()
    least = float(format.decode(format.least_normal))
    assert not format.underflows(least * np.array([0.0, 1.0, 1.3, 1e3])).any()
    tiny = 2.0**format.least_exponent / 3 * np.array([1.0, -1.0, 1e-9])
    assert format.underflows(tiny).all()
