"""Golden data as the import stage leaves it: read back exactly, or refused in one line."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from build_decoder.golden_record import load_golden_record, save_golden_record
from build_decoder.models.errors import InputError
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import GoldenData, load_golden
from build_decoder.models.task import Kind, Task
from build_decoder.models.task_inference import infer_task
from tests.decoders import DECODERS, decoder


def assert_same(read: GoldenData, written: GoldenData):
    for field in fields(GoldenData):
        got, wanted = getattr(read, field.name), getattr(written, field.name)
        assert type(got) is type(wanted), field.name
        if isinstance(wanted, np.ndarray):
            assert got.dtype == wanted.dtype
            np.testing.assert_array_equal(got, wanted)
            np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))
        else:
            assert got == wanted


@pytest.mark.parametrize("name", DECODERS)
def test_it_is_read_back_exactly(name, tmp_path):
    made = decoder(name)
    save_golden_record(made.golden, tmp_path)
    assert_same(load_golden_record(tmp_path, made.network), made.golden)


@pytest.mark.parametrize(
    ("one_hot", "kind", "guessed"),
    [(1.0, Kind.CLASSES, False), (0.95, Kind.CLASSES, True), (0.5, Kind.LABELS, True)],
)
def test_an_inferred_task_is_kept(one_hot, kind, guessed, tiny, tmp_path):
    """Two sigmoids without labels, of which exactly one says yes in so many samples."""
    network, golden = tiny
    y = np.full(golden.y.shape, 0.9)
    y[: round(one_hot * len(y)), 0] = 0.1
    task = infer_task(network, y, None)
    assert (task.kind, task.guessed) == (kind, guessed)
    told = replace(golden, y=y, labels=None, task=task)
    save_golden_record(told, tmp_path)
    assert_same(load_golden_record(tmp_path, network), told)


@pytest.fixture
def tiny():
    network = load_network("tiny")
    return network, load_golden("tiny", network)


def test_what_was_told_is_kept(tiny, tmp_path):
    network, golden = tiny
    told = replace(
        golden, labels=None, notes=("one", "two"), warnings=("of \udcff",),
        task=Task((Kind.CLASSES, Kind.LABELS), (0.5, 0.1), source="a [guess]", guessed=True),
    )
    save_golden_record(told, tmp_path)
    assert_same(load_golden_record(tmp_path, network), told)


@pytest.mark.parametrize("value", [-0.0, 0.1, 1e-300, 127.0, 128.0, 40_000.0, 1e30])
def test_values_keep_all_their_bits(value, tiny, tmp_path):
    network, golden = tiny
    x = golden.x.copy()
    x[3, 1] = value
    save_golden_record(replace(golden, x=x), tmp_path)
    assert_same(load_golden_record(tmp_path, network), replace(golden, x=x))


def test_it_can_be_given_as_golden_data(tiny, tmp_path):
    network, golden = tiny
    save_golden_record(golden, tmp_path)
    assert_same(load_golden(tmp_path / "golden.npz", network), golden)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format: expected a whole number from 1 to 1, got 2"),
        ({"notes": [1]}, "notes: expected lines of text"),
        ({"task": None}, "task: expected a JSON object"),
        ({"task": {"kinds": ["other"], "thresholds": [], "source": "", "guessed": False}},
         "task: kinds: expected some of classes, binary"),
        ({"task": {"kinds": ["classes"], "thresholds": ["x"], "source": "", "guessed": False}},
         "task: thresholds: expected numbers"),
        ({"more": 1}, "expected only the keys"),
    ],
)
def test_a_record_that_is_none(change, message, tiny, tmp_path):
    network, golden = tiny
    save_golden_record(golden, tmp_path)
    path = tmp_path / "golden.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=rf"golden\.json: {message}"):
        load_golden_record(tmp_path, network)


def test_arrays_of_another_network(tiny, tmp_path):
    network, golden = tiny
    save_golden_record(golden, tmp_path)
    with pytest.raises(InputError, match=r"golden\.npz: x: expected shape"):
        load_golden_record(tmp_path, load_network("ahead_case1"))
    with np.load(tmp_path / "golden.npz") as arrays:
        np.savez(tmp_path / "golden.npz", **arrays, other=1)
    with pytest.raises(InputError, match=r"golden\.npz: expected only x, y"):
        load_golden_record(tmp_path, network)
