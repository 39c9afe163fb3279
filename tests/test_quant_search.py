import json

import numpy as np
import pytest

from models.errors import InputError
from models.golden import load_golden
from models.load import load_network
from quant.evaluator import Evaluator
from quant.formats import integer_model
from quant.qformat import QFormat
from quant.quality import measure
from quant.quantise import quantise
from quant.range_analysis import PERFECT_WIDTH, analyse_ranges
from quant.search import Criterion, search_formats

ZOO = ["ahead_case1", "ahead_case2", "ahead_fig4", "tiny"]


@pytest.fixture(scope="module")
def tiny():
    network = load_network("tiny")
    return network, load_golden("tiny", network)


@pytest.mark.parametrize("name", ZOO)
def test_zoo_keeps_its_accuracy_on_unseen_samples(name):
    network = load_network(name)
    golden = load_golden(name, network)
    result = quantise(network, golden)
    assert result.seen.loss <= 0
    assert result.unseen.loss <= 0.001
    assert result.unseen.agreement >= 0.99
    assert result.model.average_bit_width() <= 7


def test_search_never_looks_at_held_out_samples(tiny):
    network, golden = tiny
    scrambled = np.where(golden.held_out[:, None], golden.x[::-1], golden.x)
    other = type(golden)(scrambled, golden.y, golden.labels, golden.held_out)
    np.testing.assert_array_equal(
        [n.format for n in quantise(network, golden).model.nodes()],
        [n.format for n in quantise(network, other).model.nodes()],
    )


def test_no_node_can_lose_one_more_bit(tiny):
    network, golden = tiny
    criterion = Criterion()
    found = search_formats(network, golden.search, criterion).formats
    for key, format in found.items():
        narrower = QFormat(format.integer, format.fraction - 1, format.signed)
        model = integer_model(network, {**found, key: narrower})
        assert not criterion.holds(measure(model, golden.search)), key


def test_evaluator_is_the_integer_model(tiny):
    network, golden = tiny
    evaluator = Evaluator(network, golden)
    formats = dict(analyse_ranges(network, golden.x))
    random = np.random.default_rng(0)
    keys = sorted(formats)
    for _ in range(40):
        key = keys[random.integers(len(keys))]
        width = int(random.integers(2, 12))
        formats[key] = QFormat(
            formats[key].integer, width - formats[key].integer, formats[key].signed
        )
        np.testing.assert_array_equal(
            evaluator.outputs(formats), integer_model(network, formats).predict(golden.x)
        )


def test_ranges_hold_all_weights_and_signals(tiny):
    network, golden = tiny
    formats = analyse_ranges(network, golden.x)
    assert {format.width for format in formats.values()} == {PERFECT_WIDTH}
    for number, layer in enumerate(network.layers, start=1):
        for node, values in (("weight", layer.weights), ("bias", layer.bias)):
            error = np.abs(formats[number, node].to_real(
                formats[number, node].quantise(values)) - values)
            assert error.max() <= formats[number, node].resolution
    assert not formats[1, "input"].signed


def test_impossible_loss_is_an_input_error(tiny):
    network, golden = tiny
    lying = type(golden)(golden.x, 1 - golden.y, golden.labels, golden.held_out)
    with pytest.raises(InputError, match="tiny: expected a loss of at most 0.0000 with perfect"):
        quantise(network, lying)


def test_formats_file_tells_every_node_and_step(tiny, tmp_path):
    network, golden = tiny
    result = quantise(network, golden)
    result.save_formats(tmp_path / "formats.json")
    content = json.loads((tmp_path / "formats.json").read_text())
    assert [(n["layer"], n["node"], n["integer"], n["fraction"]) for n in content["nodes"]] == [
        (n.layer, n.name, n.format.integer, n.format.fraction) for n in result.model.nodes()
    ]
    steps = content["nodes"][0]["steps"]
    assert list(steps) == ["range", "alone", "joint", "narrowed"]
    assert steps["narrowed"] == content["nodes"][0]["fraction"]
