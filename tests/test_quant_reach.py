"""Layers whose weights may be written: the same results, and widths that hold for any weights."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.model_file import load_model, save_model
from build_decoder.models import load_golden, load_network
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.formats import NodeKey, free_nodes, integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.reach import Reach
from build_decoder.quant.operations.union import union
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.quant.spare import with_spare_bits
from tests import random_layers
from tests.layer_cases import has_weights, parts_of, raw_inputs

WEIGHTED = [kind for kind in integer_layers.names() if has_weights(kind)]


@pytest.fixture(scope="module")
def tiny():
    network = load_network("tiny")
    return network, load_golden("tiny", network)


def writable_parts(case, **others):
    """The parts of a case whose weights may be any that formats hold."""
    parts = parts_of(case, **others)

    def array(name):
        constant = parts.array(name)
        return replace(constant, reach=Reach.any(constant.format, len(constant.matrix)))

    return replace(parts, array=array)


def other_weights(case, seed):
    """Weights of any value, of the shapes and formats of a case."""
    (node,) = case.nodes
    roles, random = integer_layers.get(node.type).arrays, np.random.default_rng(seed)
    return {
        name: random.integers(format.min_raw, format.max_raw + 1, node.weights[name].shape)
        for name, role in roles.items()
        for format in [node.formats[role]]
    }


@pytest.mark.parametrize("kind", WEIGHTED)
def test_a_layer_computes_the_same_with_weights_that_may_be_written(kind):
    for number in range(20):
        case = random_layers.layer(kind, number)
        constant = integer_layers.get(kind).integer(parts_of(case))
        writable = integer_layers.get(kind).integer(writable_parts(case))
        assert writable.writable
        assert not constant.writable
        assert writable.digest() == constant.digest()
        assert writable.signals == constant.signals
        raw = raw_inputs(case)
        np.testing.assert_array_equal(writable.compute(*raw), constant.compute(*raw))


@pytest.mark.parametrize("kind", WEIGHTED)
def test_a_layer_takes_other_weights_as_if_it_were_made_of_them(kind):
    for number in range(20):
        case = random_layers.layer(kind, number)
        weights = other_weights(case, number)
        built = integer_layers.get(kind).integer(writable_parts(case))
        got = built.with_arrays(weights)
        expected = integer_layers.get(kind).integer(parts_of(case, weights=weights))
        assert got.digest() == expected.digest()
        raw = raw_inputs(case)
        np.testing.assert_array_equal(got.compute(*raw), expected.compute(*raw))
        for name, array in got.arrays.items():
            assert array.reach == built.arrays[name].reach
            np.testing.assert_array_equal(array.raw, weights[name])


def dense(reach, weights, *, input=QFormat(3, 1), bias=QFormat(2, 3)) -> Dense:
    return Dense(
        input=input, weight=QFormat(1, 5), accumulator=QFormat(4, 3), bias=bias,
        weights=weights, biases=np.zeros(weights.shape[1], np.int64),
        activation=integer_activation("linear", QFormat(4, 3), QFormat(4, 3)), reach=reach,
    )  # fmt: skip


@pytest.mark.parametrize("signed", [False, True])
def test_exact_sums_hold_whatever_is_within_reach_and_are_tight(signed):
    input = QFormat(3, 1, signed)
    reach = Reach(70, 90)
    layer = dense(reach, np.zeros((8, 2), np.int64), input=input)
    random = np.random.default_rng(4)
    widest = 0
    for _ in range(300):
        weights = random.integers(-31, 32, (8, 2)) // random.integers(1, 5)
        if random.integers(2):
            weights = np.abs(weights)
        positive, negative = np.maximum(weights, 0).sum(0), np.minimum(weights, 0).sum(0)
        if reach.excess(positive.tolist(), negative.tolist()):
            with pytest.raises(ValueError, match=r"sum \d: expected weights .* got \d+"):
                layer.with_arrays({"weights": weights, "bias": layer.biases})
            continue
        loaded = layer.with_arrays({"weights": weights, "bias": layer.biases})
        assert (loaded.exact, loaded.biased) == (layer.exact, layer.biased)
        own = dense(None, weights, input=input)
        assert own.exact.width <= layer.exact.width
        widest = max(widest, own.exact.width)
    assert widest == layer.exact.width


def test_biases_may_be_any_that_their_format_holds():
    layer = dense(Reach(10, 10), np.ones((4, 2), np.int64))
    bias = layer.bias
    extremes = np.array([bias.min_raw, bias.max_raw])
    loaded = layer.with_arrays({"weights": layer.weights, "bias": extremes})
    own = replace(dense(None, layer.weights), biases=extremes)
    assert loaded.biased == layer.biased == own.biased
    assert layer.biased.width > dense(None, layer.weights).biased.width
    with pytest.raises(ValueError, match="expected raw bias values in"):
        layer.with_arrays({"weights": layer.weights, "bias": extremes + 1})


def test_reach_is_headroom_times_what_there_is_and_never_more_than_there_can_be():
    few = RawArray(QFormat(1, 3), np.array([[7, -2], [1, -3]]))
    reach = Reach.of(few.positive, few.negative)
    assert reach == Reach(8, 8)
    most = Reach.any(few.format, 2)
    assert most == Reach(16, 16)
    assert reach.times(2).within(most) == Reach(16, 16)
    assert reach.times(3).within(most) == most


def test_a_model_has_the_same_fingerprint_and_is_read_as_it_was_written(tiny, tmp_path):
    network, golden = tiny
    formats = {
        key: QFormat(found.integer, max(8, 1 + found.integer) - found.integer, found.signed)
        for key, found in analyse_ranges(network, golden.x).items()
    }
    constant = integer_model(network, formats)
    model = integer_model(network, formats, headroom=2)
    assert model.writable
    assert not constant.writable
    assert model.fingerprint() == constant.fingerprint()
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    assert repr(again) == repr(model)
    assert [layer.exact for layer in again.layers] == [layer.exact for layer in model.layers]
    assert isinstance(again, IntegerModel)


@pytest.mark.parametrize("many", [16, 17, 99])
def test_spare_bits_are_added_to_weights_biases_and_sums_without_a_bias(tiny, many, monkeypatch):
    """And at the fine end alone where many weights go into a sum."""
    monkeypatch.setattr("build_decoder.quant.spare._MANY", many)
    network, golden = tiny
    assert network.nodes[0].weights["weights"].shape[0] == 16
    formats = analyse_ranges(network, golden.x)
    spared = with_spare_bits(network, formats)
    for key in free_nodes(network):
        finer = int(key.role in ("weight", "bias", "accumulator"))
        cut = many == 16 and key == NodeKey(network.nodes[0].name, "weight")
        before, after = formats[key], spared[key]
        expected = QFormat(
            before.integer + finer * (not cut), before.fraction + finer, before.signed
        )
        if key.role == "bias":
            expected = union([expected, spared[NodeKey(key.node, "accumulator")]])
        assert after == expected
    assert NodeKey(network.nodes[0].name, "weight") in spared
