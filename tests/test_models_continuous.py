"""Continuous networks in floats: their files, their golden data, and the search for formats."""

import json
from dataclasses import replace

import numpy as np
import pytest

from build_decoder.golden_record import load_golden_record, save_golden_record
from build_decoder.model_file import load_model, save_model
from build_decoder.models import Node, load_golden, load_network, save_network
from build_decoder.models.carried import Carried, carried
from build_decoder.models.errors import InputError
from build_decoder.models.layer import Mismatch
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.gru import Gru
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.formats import integer_model
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.quantise import quantise
from build_decoder.quant.range_analysis import analyse_ranges
from tests.continuous import KINDS, network, quantised, steps_of
from tests.days_with_states import other_weights

STEPS = 5


@pytest.fixture
def folder(tmp_path):
    """A network's folder with golden data of 8 sequences."""
    made = network("gru")
    save_network(made, tmp_path)
    x = steps_of(8 * STEPS)
    y = made.in_sequences(STEPS).forward(x)
    np.savez(tmp_path / "golden.npz", x=x, y=y, steps=STEPS)
    return tmp_path


def golden_with(folder, **arrays):
    with np.load(folder / "golden.npz") as known:
        arrays = {**known, **arrays}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    np.savez(folder / "golden.npz", **arrays)
    return load_golden(folder, load_network(folder))


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_carried_from_sample_to_sample(kind):
    made, x = network(kind), steps_of(12)
    nodes = [n for n in made.nodes if isinstance(n.layer, Carried)]
    values = x[None]
    for node in nodes:
        values = replace(node.layer.layer, sequences=True).forward([values], node.weights)
    got = made.values(x)[nodes[-1].name]
    np.testing.assert_allclose(got, values[0])
    apart = made.in_sequences(4).forward(x)
    np.testing.assert_allclose(apart[4:8], made.forward(x[4:8]))
    assert not np.allclose(apart[4:8], made.forward(x)[4:8])


def test_files_say_that_a_network_is_continuous(folder):
    described = json.loads((folder / "network.json").read_text())
    assert described["continuous"] is True
    assert [layer["type"] for layer in described["layers"]] == ["gru", "dense"]
    read = load_network(folder)
    assert read.continuous
    x = steps_of(9)
    np.testing.assert_array_equal(read.forward(x), network("gru").forward(x))


def change(folder, **entries):
    path = folder / "network.json"
    described = json.loads(path.read_text()) | entries
    path.write_text(json.dumps(described))


@pytest.mark.parametrize(("entries", "expected"), [
    ({"continuous": 1}, "true or false"),
    ({"inputs": [{"name": "x", "shape": [2, 4]}]}, r"one step a sample, shape \(1, channels\)"),
    ({"format": 1}, "format 2"),
])  # fmt: skip
def test_files_that_make_no_sense_are_refused(folder, entries, expected):
    change(folder, **entries)
    with pytest.raises(InputError, match=expected):
        load_network(folder)


@pytest.mark.parametrize(("layer", "expected"), [
    (Attention(), "a step at a time"),
    (Bidirectional(Gru(2, False)), "a step at a time"),
    (Gru(2, False, backward=True), "runs forwards"),
    (Dense(2, "linear"), "a recurrent layer in a continuous network"),
])  # fmt: skip
def test_layers_that_need_a_whole_window_are_refused(layer, expected):
    with pytest.raises(Mismatch, match=expected):
        carried([Node("r", ("x",), layer)])


def test_golden_data_is_sequences(folder):
    golden = load_golden(folder, load_network(folder))
    assert golden.steps == STEPS
    # A quarter of the sequences, each of them whole.
    held_out = golden.held_out.reshape(-1, STEPS)
    assert held_out.all(axis=1).sum() == 2
    assert not (held_out.any(axis=1) & ~held_out.all(axis=1)).any()
    assert len(golden.search) == 6 * STEPS
    with pytest.raises(ValueError, match="whole sequences"):
        golden.select(np.arange(STEPS) + 1)


def test_without_steps_all_samples_are_one_sequence(folder):
    x = steps_of(50)
    golden = golden_with(folder, x=x, y=network("gru").forward(x), steps=None)
    assert golden.steps == 50
    assert not golden.held_out.any()


@pytest.mark.parametrize(("arrays", "expected"), [
    ({"steps": 7}, "divide 40"),
    ({"steps": 0}, "divide 40"),
    ({"steps": 10}, "only `steps` tells"),
    ({"held_out": np.arange(8 * STEPS) % 2}, "whole sequences"),
    ({"task": "classes"}, "a regression, of a continuous network"),
])  # fmt: skip
def test_golden_data_that_makes_no_sense_is_refused(folder, arrays, expected):
    if "task" in arrays:
        change(folder, task="classes")
    with pytest.raises(InputError, match=expected):
        golden_with(folder, **arrays)


def test_steps_are_for_continuous_networks(folder):
    change(folder, continuous=False)
    with pytest.raises(InputError, match="a continuous network"):
        load_golden(folder, load_network(folder))


def test_the_record_of_a_build_keeps_sequences(folder, tmp_path):
    read = load_network(folder)
    golden = load_golden(folder, read)
    save_golden_record(golden, tmp_path)
    again = load_golden_record(tmp_path, read)
    assert again.steps == STEPS
    np.testing.assert_array_equal(again.x, golden.x)


@pytest.mark.parametrize("kind", KINDS)
def test_the_integer_model_carries_states(kind):
    model, x_raw = quantised(kind)
    assert model.continuous
    y_raw = model.compute(x_raw)
    apart = model.compute(x_raw, steps=8)
    np.testing.assert_array_equal(apart[:8], y_raw[:8])
    np.testing.assert_array_equal(apart[8:16], model.compute(x_raw[8:16]))
    assert (apart != y_raw).any()
    first = model.nodes[0].layer
    window = replace(first, steps=len(x_raw), sequences=True, continuous=False)
    np.testing.assert_array_equal(
        model.values(x_raw)["l0"].reshape(len(x_raw), -1), window.compute(x_raw[None])[0]
    )
    with pytest.raises(ValueError, match="sequences of 7"):
        model.compute(x_raw, steps=7)
    assert model.compute(x_raw[:0]).shape == (0, 2)


def test_model_files_keep_it(tmp_path):
    model, x_raw = quantised("gru")
    save_model(model, tmp_path)
    read = load_model(tmp_path)
    np.testing.assert_array_equal(read.compute(x_raw), model.compute(x_raw))
    # With the same numbers otherwise, it is another model.
    layer = replace(model.nodes[0].layer, continuous=False)
    other = replace(model, nodes=(replace(model.nodes[0], layer=layer), *model.nodes[1:]))
    assert other.fingerprint() != model.fingerprint()


@pytest.mark.parametrize("kind", KINDS)
def test_the_search_runs_whole_sequences(kind, tmp_path):
    made = network(kind).in_sequences(STEPS)
    x = steps_of(4 * STEPS)
    np.savez(tmp_path / "golden.npz", x=x, y=made.forward(x), steps=STEPS)
    golden = load_golden(tmp_path, network(kind))
    # Narrow ones, in which the search takes the activations that are built.
    formats = {
        key: QFormat(found.integer, max(7 - found.integer, 1), found.signed)
        for key, found in analyse_ranges(made, x).items()
    }
    model = integer_model(made, formats)
    got = Evaluator(made, golden).outputs(formats)
    np.testing.assert_array_equal(got, model.predict(x, steps=STEPS))


def test_formats_are_found(folder):
    read = load_network(folder)
    golden = load_golden(folder, read)
    found = quantise(read, golden, cost=BitCost)
    assert found.model.continuous
    assert max(found.seen.errors) <= 0.02


@pytest.mark.slow
def test_formats_for_several_days(folder):
    read = load_network(folder)
    golden = load_golden(folder, read)
    other = other_weights(read, 1)
    y = other.in_sequences(golden.steps).forward(golden.x)
    days = [(other, replace(golden, y=y, targets=y))]
    found = quantise(read, golden, cost=BitCost, reloadable=True, also=days)
    assert found.model.writable
    assert found.search.steps[-1].name == "spare"
    # Nothing is searched with spare bits: a little more may be lost with them, which is told.
    assert max(found.seen.errors) <= 0.03
    assert max(found.also[0].errors) <= 0.03
    told = any("spare bits of --reloadable" in warning for warning in found.warnings)
    assert told == (max(found.seen.errors) > 0.02)
