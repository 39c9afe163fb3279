"""The sum of branches: floats, integers against exact fractions, and a searched network."""

import json
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from build_decoder.model_file import load_model, save_model
from build_decoder.models import (
    Architecture,
    GoldenData,
    Input,
    InputError,
    Kind,
    Network,
    Node,
    Task,
    load_network,
    save_network,
)
from build_decoder.models.layer import Mismatch
from build_decoder.models.layers.add import Add
from build_decoder.models.layers.dense import Dense
from build_decoder.quant import layers
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layer import Parts
from build_decoder.quant.layers.add import Total
from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from build_decoder.quant.quantise import Quantised, quantise
from tests.fractions_of import any_format, any_raw, narrowed, value

# Floats


def test_values_are_added_one_by_one():
    a, b, c = np.array([[1.0, 2.0]]), np.array([[0.5, -2.0]]), np.array([[10.0, 0.25]])
    assert Add().forward([a, b, c], {}).tolist() == [[11.5, 0.25]]
    assert a.tolist() == [[1.0, 2.0]]


def test_a_sum_costs_an_addition_less_than_it_has_terms():
    cost = Add().cost([(2, 3)] * 3)
    assert (cost.macs, cost.flops, cost.profiled_flops) == (0, 12, 12)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2,)], "expected at least two inputs, got 1"),
        ([(2,), (3,)], r"expected inputs of one shape, got shapes \[\(2,\), \(3,\)\]"),
        ([(2, 3), (2, 3), (6,)], "expected inputs of one shape"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(shapes, message: str):
    with pytest.raises(Mismatch, match=message):
        Add().output_shape(shapes)


# Integers

INPUTS = (QFormat(2, 2), QFormat(3, 0, signed=False), QFormat(1, 1))
OUTPUTS = (QFormat(6, 2), QFormat(5, 0), QFormat(3, 1), QFormat(4, -1, signed=False))


def assert_exact(total: Total, raws: list[np.ndarray]):
    got = total.compute(*raws)
    for codes, result in zip(
        zip(*(raw.ravel().tolist() for raw in raws), strict=True), got.ravel().tolist(), strict=True
    ):
        terms = [value(raw, form) for raw, form in zip(codes, total.inputs, strict=True)]
        assert result == narrowed(sum(terms, Fraction(0)), total.output)


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
def test_all_codes_of_three_inputs(output: QFormat):
    codes = np.array(list(product(*(range(f.min_raw, f.max_raw + 1) for f in INPUTS))))
    assert_exact(Total(INPUTS, output), list(codes.T[:, :, None]))


def test_random_formats_of_two_to_five_inputs():
    random = np.random.default_rng(3)
    for number in range(200):
        inputs = tuple(any_format(random) for _ in range(2 + number % 4))
        total = Total(inputs, any_format(random))
        assert_exact(total, [any_raw(random, form, (5, 2)) for form in inputs])


@pytest.mark.parametrize("terms", range(2, 10))
@pytest.mark.parametrize("signed", [True, False])
def test_the_exact_range_is_that_of_the_extremes(terms: int, signed: bool):
    form = QFormat(3, 1, signed)
    exact = Total((form,) * terms, form).exact
    assert (exact.low, exact.high) == (terms * form.min_raw, terms * form.max_raw)


def test_raw_values_may_come_as_floats():
    total = Total((QFormat(3, 2), QFormat(3, 0)), QFormat(4, 1))
    raws = [np.array([[5, -7]]), np.array([[3, -4]])]
    floats = [raw.astype(np.float32) for raw in raws]
    np.testing.assert_array_equal(total.compute(*floats), total.compute(*raws))
    assert_exact(total, floats)


def test_the_widest_sum_is_exact_and_a_wider_one_is_refused():
    output = QFormat(MAX_WIDTH, 0)
    widest = QFormat(MAX_WIDTH - 1, 0)
    assert_exact(Total((widest,) * 2, output), [np.array([[widest.min_raw, widest.max_raw]])] * 2)
    quantiser = layers.quantiser_of(Add())
    shapes = ((2,),) * 3
    with pytest.raises(ValueError, match="^output: expected sums of at most 48 bits, got 49$"):
        quantiser.integer(Parts(Add(), shapes, (widest,) * 3, {"output": output}))


# A network of branches


def branched() -> Network:
    nodes = (
        Node("a", ("x",), Dense(5, "relu")),
        Node("b", ("x",), Dense(5, "sigmoid")),
        Node("both", ("a", "b"), Add()),
        Node("more", ("both", "a", "a"), Add()),
        Node("y", ("more",), Dense(3, "linear")),
    )
    architecture = Architecture("branched", (Input("x", (6,)),), nodes)
    random = np.random.default_rng(1)
    weights = {
        node.name: {key: random.normal(size=shape) for key, shape in shapes.items()}
        for node in nodes
        if (shapes := architecture.weight_shapes(node))
    }
    return Network.of(architecture, weights)


@pytest.fixture(scope="module")
def network() -> Network:
    return branched()


@pytest.fixture(scope="module")
def golden(network: Network) -> GoldenData:
    x = np.random.default_rng(2).integers(0, 8, (400, 6)).astype(float)
    held_out = np.arange(len(x)) % 4 == 0
    return GoldenData(x, network.forward(x), None, held_out, Task((Kind.CLASSES,), (), "tests"))


@pytest.fixture(scope="module")
def found(network: Network, golden: GoldenData) -> Quantised:
    return quantise(network, golden, cost=BitCost)


def test_branches_are_written_and_read(network: Network, tmp_path: Path):
    save_network(network, tmp_path)
    written = json.loads((tmp_path / "network.json").read_text())
    assert written["format"] == 2
    assert written["layers"][2] == {"name": "both", "type": "add", "inputs": ["a", "b"]}
    assert written["layers"][3]["inputs"] == ["both", "a", "a"]
    again = load_network(tmp_path)
    x = np.random.default_rng(3).normal(size=(4, 6))
    np.testing.assert_array_equal(again.forward(x), network.forward(x))


@pytest.mark.parametrize("given", [["a"], ["a", "x"]], ids=["one", "other shape"])
def test_a_file_with_inputs_that_do_not_fit_is_refused(network, given, tmp_path: Path):
    save_network(network, tmp_path)
    path = tmp_path / "network.json"
    described = json.loads(path.read_text())
    described["layers"][2]["inputs"] = given
    path.write_text(json.dumps(described))
    with pytest.raises(InputError, match="both.*expected (at least two|inputs of one shape)"):
        load_network(tmp_path)


def test_the_search_keeps_decisions(found: Quantised, golden: GoldenData):
    assert found.seen.agreement >= 0.99
    assert found.unseen.agreement >= 0.95
    sums = [node for node in found.model.nodes if node.name in ("both", "more")]
    for node in sums:
        (signal,) = node.layer.signals
        assert signal.role == "output"
        assert signal.words == 5
        assert node.layer.total.output == signal.format


def test_sums_in_the_model_are_exact(found: Quantised, golden: GoldenData):
    model: IntegerModel = found.model
    values = model.values(model.quantise_input(golden.x[:50]))
    for node in model.nodes:
        if node.name in ("both", "more"):
            raws = [values[name] for name in node.inputs]
            assert_exact(node.layer.total, raws)
            np.testing.assert_array_equal(values[node.name], node.layer.total.compute(*raws))


def test_formats_name_the_output_of_each_sum(found: Quantised, tmp_path: Path):
    found.save_formats(tmp_path / "formats.json")
    nodes = json.loads((tmp_path / "formats.json").read_text())["nodes"]
    assert {("both", "output"), ("more", "output")} <= {(n["name"], n["node"]) for n in nodes}


def test_the_model_is_written_and_read(found: Quantised, golden: GoldenData, tmp_path: Path):
    save_model(found.model, tmp_path)
    again = load_model(tmp_path)
    assert [repr(node.layer) for node in again.nodes] == [
        repr(node.layer) for node in found.model.nodes
    ]
    raw = found.model.quantise_input(golden.x[:50])
    np.testing.assert_array_equal(again.compute(raw), found.model.compute(raw))
