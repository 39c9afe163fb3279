"""The integer model as files: read back exactly, or refused in one line."""

import json

import numpy as np
import pytest

from build_decoder import model_file
from build_decoder.model_file import MODEL_ARRAYS, MODEL_FILE, load_model, save_model
from build_decoder.models.errors import InputError
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear
from build_decoder.quant.activations.table import Table
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.random_networks import random_frames, random_network

WIDE = QFormat(4, 12)


def model() -> IntegerModel:
    """Two layers, with a table of 256 entries and a piecewise-linear activation."""
    random = np.random.default_rng(2)
    layers, format = [], QFormat(5, 0, signed=False)
    for inputs, units, sum, name in ((6, 3, QFormat(4, 4), "tanh"), (3, 2, WIDE, "sigmoid")):
        weight, bias = QFormat(1, 5), QFormat(2, 4)
        layers.append(
            Dense(
                input=format, weight=weight, accumulator=QFormat(12, 3), bias=bias,
                weights=random.integers(weight.min_raw, weight.max_raw + 1, (inputs, units)),
                biases=random.integers(bias.min_raw, bias.max_raw + 1, units),
                activation=integer_activation(name, sum, QFormat(2, 8)),
            )
        )  # fmt: skip
        format = layers[-1].output
    return IntegerModel.chain("test", layers)


def assert_same(read: IntegerModel, written: IntegerModel, x_raw: np.ndarray):
    assert repr(read) == repr(written)
    assert read.fingerprint() == written.fingerprint()
    np.testing.assert_array_equal(read.compute(x_raw), written.compute(x_raw))


@pytest.fixture
def saved(tmp_path):
    save_model(model(), tmp_path)
    return tmp_path


def test_it_is_read_back_exactly(saved):
    written = model()
    assert isinstance(written.layers[0].activation, Table)
    assert isinstance(written.layers[1].activation, PiecewiseLinear)
    x_raw = np.random.default_rng(1).integers(0, 32, (50, 6))
    assert_same(load_model(saved), written, x_raw)


@pytest.mark.parametrize("number", range(30))
def test_random_models_are_read_back_exactly(number, tmp_path):
    random = np.random.default_rng([7, number])
    written = random_network(random).model
    save_model(written, tmp_path)
    assert_same(load_model(tmp_path), written, random_frames(random, written, 20))


def test_a_person_can_read_it(saved):
    text = (saved / MODEL_FILE).read_text()
    assert '"weight": {"integer": 1, "fraction": 5, "signed": true},' in text
    assert '"type": "quant.activations.piecewise_linear.PiecewiseLinear",' in text
    assert max(map(len, text.splitlines())) < 500
    with np.load(saved / MODEL_ARRAYS) as arrays:
        np.testing.assert_array_equal(arrays["nodes.0.layer.weights"], model().layers[0].weights)
        assert {len(arrays[name]) for name in arrays if "entries" in name} == {256}


def leaves(value, path=()):
    """Places of all that has nothing inside it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inside in items:
        if isinstance(inside, dict | list):
            yield from leaves(inside, (*path, key))
        else:
            yield (*path, key)


def edited(folder, path, value):
    content = json.loads((folder / MODEL_FILE).read_text())
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (folder / MODEL_FILE).write_text(json.dumps(content))


@pytest.mark.parametrize("value", [None, 3, -1, 10**30, "x", True, [], {}, [1, 2], 0.5])
def test_whatever_is_changed_is_found(value, saved):
    before = (saved / MODEL_FILE).read_text()
    paths = list(leaves(json.loads(before)))
    assert len(paths) > 60
    for path in paths:
        edited(saved, path, value)
        if json.loads((saved / MODEL_FILE).read_text()) == json.loads(before):
            continue
        with pytest.raises(InputError, match=rf"^{saved}/model\.json: [^\n]*expected [^\n]*got "):
            load_model(saved)
        (saved / MODEL_FILE).write_text(before)


@pytest.mark.parametrize("value", [None, 3, -1, 10**30, "x", [], {}, [1, 2], 0.5])
def test_parameters_that_make_no_sense_are_one_line(value, saved, monkeypatch):
    """As they may come from another version, where the digest is right."""
    before = (saved / MODEL_FILE).read_text()
    monkeypatch.setattr(model_file, "_digest", lambda *_: json.loads(before)["sha256"])
    for path in leaves(json.loads(before)["model"]["nodes"][0]["layer"]):
        edited(saved, ("model", "nodes", 0, "layer", *path), value)
        if json.loads((saved / MODEL_FILE).read_text()) != json.loads(before):
            with pytest.raises(InputError, match=r"^[^\n]*expected [^\n]*got [^\n]*$"):
                load_model(saved)
        (saved / MODEL_FILE).write_text(before)


@pytest.mark.parametrize(
    "kind",
    ["os.path", "quant.layers.dense.NODES", "quant.quantise.quantise", "quant.layers.dense.Other",
     "quant.layers.dense.Dense.compute", "quant.nothing.Here", "quant...models.errors.InputError",
     "quant.activations.Table", "models.errors.InputError", "hdl.planning.interface.Interface"],
)
def test_a_type_that_is_none(kind, saved, monkeypatch):
    kept = json.loads((saved / MODEL_FILE).read_text())["sha256"]
    monkeypatch.setattr(model_file, "_digest", lambda *_: kept)
    edited(saved, ("model", "nodes", 0, "layer", "type"), kind)
    says = r"model\.json: model\.nodes\.0\.layer: .*expected [^\n]*$"
    with pytest.raises(InputError, match=says):
        load_model(saved)


def test_arrays_that_were_changed(saved, monkeypatch):
    with np.load(saved / MODEL_ARRAYS) as arrays:
        arrays = dict(arrays)
    name = "nodes.0.layer.weights"
    weights = arrays[name]
    others = {key: value for key, value in arrays.items() if key != name}
    changed = (
        {name: weights ^ 1}, {name: weights[:-1]}, {name: weights.reshape(3, 6)}, {},
        {name: weights, "more": weights},
    )
    for wrong in changed:
        np.savez(saved / MODEL_ARRAYS, **others, **wrong)
        with pytest.raises(InputError, match="sha256: expected that of the model in it and in mod"):
            load_model(saved)
    np.savez(saved / MODEL_ARRAYS, **others, **{name: weights.astype(float)})
    with pytest.raises(InputError, match=f"{name}: expected int64, got float64"):
        load_model(saved)
    kept = json.loads((saved / MODEL_FILE).read_text())["sha256"]
    monkeypatch.setattr(model_file, "_digest", lambda *_: kept)
    np.savez(saved / MODEL_ARRAYS, **others)
    with pytest.raises(InputError, match=r"array: expected one of nodes\.0\.layer\.biases"):
        load_model(saved)
    (saved / MODEL_ARRAYS).write_bytes(b"PK")
    with pytest.raises(InputError, match=r"model\.npz: expected an \.npz file"):
        load_model(saved)


@pytest.mark.parametrize("name", [MODEL_FILE, MODEL_ARRAYS])
def test_a_file_that_is_gone(name, saved):
    (saved / name).unlink()
    with pytest.raises(InputError, match=f"{name}: expected "):
        load_model(saved)
