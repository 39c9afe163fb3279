"""QONNX: the formats of quantisation-aware training are taken as they are."""

import json

import numpy as np
import pytest

from build_decoder.__main__ import main
from build_decoder.models import load_golden, load_network
from build_decoder.models.errors import InputError
from build_decoder.models.layers.fixed_point import FixedPoint
from build_decoder.models.rewrites import rewrite
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.quantise import quantise
from tests.onnx_files import needs_onnx
from tests.qonnx_files import Traced, cnn, mlp

pytestmark = needs_onnx


def _golden(tmp_path, traced, network):
    y = traced.y.reshape(len(traced.y), -1)
    np.savez(tmp_path / "golden.npz", x=traced.x, y=y, task="regression")
    return load_golden(tmp_path / "golden.npz", network)


@pytest.mark.parametrize("make", [mlp, cnn])
def test_integers_equal_the_quantised_outputs(tmp_path, make):
    traced = make()
    network = load_network(traced.model.save(tmp_path))
    golden = _golden(tmp_path, traced, network)
    rewritten = rewrite(network, probabilities=True)
    found = quantise(rewritten.network, rewritten.golden_of(golden), cost=BitCost)
    assert found.search.method == "given"
    assert found.search.evaluations == 0
    raw = found.model.compute(found.model.quantise_input(golden.x))
    wanted = traced.y.reshape(len(traced.y), -1) * 2.0**found.model.output_format.fraction
    np.testing.assert_array_equal(raw, wanted)


def test_ties_are_rounded_to_the_even_one(tmp_path):
    x = np.array([[0.5, 1.0], [0.25, 0.5], [0.75, 1.5], [-0.25, 0.25], [-0.75, -0.5]], np.float32)
    traced = Traced((2,), x)
    traced.quant(6, 2, 1)
    traced.quant(4, 1, 1)
    traced.dense(2)
    network = load_network(traced.model.save(tmp_path))
    np.testing.assert_array_equal(network.forward(x), traced.y)
    given = [node.layer for node in network.nodes if isinstance(node.layer, FixedPoint)]
    assert given == [FixedPoint(4, 2, True, "half_even"), FixedPoint(3, 1, True, "half_even")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scale": 0.3}, "expected scales that are powers of two"),
        ({"scale": [0.5, 0.25, 0.5, 0.5, 0.5, 0.5]}, "expected one scale for all values"),
        ({"zero": 3}, "expected zeropt=0"),
        ({"narrow": 1}, "expected narrow=0 of what is no weight"),
        ({"rounding_mode": "CEIL"}, "expected a rounding_mode of ROUND, HALF_EVEN, FLOOR"),
        ({"rounding_mode": "HALF_UP"}, "expected a rounding_mode of ROUND, HALF_EVEN, FLOOR"),
        ({"rounding_mode": "odd"}, "expected a rounding_mode of CEIL"),
    ],
)
def test_other_quantisers_are_refused_by_their_node(tmp_path, changes, said):
    traced = Traced((6,), np.zeros((1, 6)))
    traced.quant(6, 4, 1, **changes)
    traced.dense(3)
    with pytest.raises(InputError, match="node '/quant_0/Quant' .Quant.: ") as caught:
        load_network(traced.model.save(tmp_path))
    assert said in str(caught.value)


def _refused(tmp_path, traced) -> str:
    network = load_network(traced.model.save(tmp_path))
    golden = _golden(tmp_path, traced, network)
    with pytest.raises(InputError) as caught:
        quantise(network, golden, cost=BitCost)
    return str(caught.value)


def test_an_input_that_is_not_rounded_is_refused(tmp_path):
    traced = Traced((6,), np.random.default_rng(1).normal(size=(20, 6)))
    traced.dense(3)
    traced.quant(6, 4, 1)
    assert "expected a Quant right behind the input 'x'" in _refused(tmp_path, traced)


def test_weights_that_are_not_rounded_are_refused(tmp_path):
    traced = mlp(samples=20)
    traced.model.gemm(3, 2)
    weights, bias = list(traced.model.arrays.values())[-2:]
    traced.y = traced.y @ weights.T.astype(float) + bias
    assert "expected weights of at most 20 bits (a Quant of weights" in _refused(tmp_path, traced)


def test_inputs_half_way_between_two_values_are_refused(tmp_path):
    traced = Traced((6,), np.full((20, 6), 3 / 32))
    traced.quant(6, 4, 1)
    traced.dense(3)
    assert "expected values that do not lie half-way" in _refused(tmp_path, traced)


@pytest.mark.slow
@pytest.mark.parametrize("make", [mlp, cnn])
def test_decoders_are_simulated(tmp_path, make):
    traced = make()
    path = traced.model.save(tmp_path)
    y = traced.y.reshape(len(traced.y), -1)
    np.savez(tmp_path / "golden.npz", x=traced.x, y=y, task="regression")
    arguments = ["--network", path, "--stop-after", "simulate", "--output", tmp_path / "out"]
    assert main([*map(str, arguments), "--board", "ulx3s_85f"]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (report["search"], report["mismatches"]) == ("given", 0)
    raw = np.load(tmp_path / "out" / "expected.npz")["y_raw"]
    assert any(np.array_equal(y, raw / 2.0**fraction) for fraction in range(12))
