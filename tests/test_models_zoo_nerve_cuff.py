"""The nerve-cuff networks of the zoo, and the golden data that they share."""

import numpy as np
import pytest

from build_decoder.models import Kind, load_golden, load_network
from build_decoder.models.errors import InputError
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.rewrites import rewrite
from build_decoder.models.zoo import ZOO_FOLDER, zoo_golden

WEIGHTS = {
    "escape_tcn": 6_207, "escape_net_mini": 12_931, "escape_fcn": 15_075, "escape_rnn": 20_423,
    "escape_gru": 15_687,
}
QUICK = [
    pytest.param(name, marks=[] if name == "escape_tcn" else [pytest.mark.slow])
    for name in WEIGHTS
]


@pytest.mark.parametrize("name", WEIGHTS)
def test_network(name: str):
    network = load_network(name)
    assert network.name == name
    (given,) = network.given_inputs
    assert given.shape == (NerveCuff().channels, NerveCuff().samples, 1)
    assert network.output_count == 3
    arrays = [array for node in network.nodes for array in node.weights.values()]
    assert sum(array.size for array in arrays) == WEIGHTS[name]
    assert all(np.array_equal(array, array.astype(np.float32)) for array in arrays)


def test_golden_data_is_one_small_file():
    assert {zoo_golden(name) for name in WEIGHTS} == {ZOO_FOLDER / "golden.npz"}
    assert zoo_golden("tiny") == ZOO_FOLDER / "tiny" / "golden.npz"
    assert (ZOO_FOLDER / "golden.npz").stat().st_size < 4 << 20


@pytest.mark.parametrize("name", QUICK)
def test_golden_data(name: str):
    network = load_network(name)
    golden = load_golden(name, network)
    assert golden.task.kind is Kind.CLASSES
    assert len(golden.search) >= 100
    assert len(golden.unseen) >= 500
    codes = golden.x * 128
    np.testing.assert_array_equal(codes, np.clip(np.round(codes), -128, 127))
    np.testing.assert_allclose(np.abs(codes).max(axis=1), 127.5, atol=0.5)  # each fills the range
    assert 0.65 < (golden.task.decisions(golden.y) == golden.labels).mean() < 0.9


@pytest.mark.parametrize("name", WEIGHTS)
def test_rewrites_keep_what_networks_decide(name: str):
    network = load_network(name)
    rewritten = rewrite(network)
    applied = {each.name for each in rewritten.applied}
    assert ("time_first" in applied) == (name in ("escape_net_mini", "escape_fcn"))
    with np.load(ZOO_FOLDER / "golden.npz") as golden:
        x, y = golden["x"][:16], golden[f"y.{name}"][:16]
    decided = rewritten.network.forward(x).argmax(axis=1)
    np.testing.assert_array_equal(decided, y.argmax(axis=1))


@pytest.mark.slow
def test_no_training_saw_the_golden_data(tmp_path):
    """Today's recipe gives the same parts, and the golden data is of the two not trained on."""
    shipped = pytest.importorskip("build_decoder.models.nerve_cuff.training.shipped")
    parts = [shipped.parts_of(name, cache=tmp_path) for name in shipped.SHIPPED]
    with np.load(ZOO_FOLDER / "golden.npz") as golden:
        x, labels, held_out = (golden[key] for key in ("x", "labels", "held_out"))
    for part in parts:
        for given, made in zip((x, labels, held_out), shipped.golden_of(part), strict=True):
            np.testing.assert_array_equal(made, given)
        train = {signature.tobytes() for signature in part.train[0]}
        for spatial, _ in (part.validation, part.test):
            assert train.isdisjoint(signature.tobytes() for signature in spatial)


def test_one_file_has_the_outputs_of_several_networks(tmp_path):
    network = load_network("tiny")
    x = np.random.default_rng(0).integers(0, 9, (50, 16))
    y = network.forward(x)
    np.savez(tmp_path / "golden.npz", x=x, **{"y.other": 1 - y, "y.tiny": y})
    golden = load_golden(tmp_path / "golden.npz", network)
    np.testing.assert_allclose(golden.y, y)
    np.savez(tmp_path / "golden.npz", x=x, **{"y.other": y})
    with pytest.raises(InputError, match=r"golden.npz: expected an array y or y.tiny, got only"):
        load_golden(tmp_path, network)
    # Of one of each, that of all networks.
    np.savez(tmp_path / "golden.npz", x=x, y=y, **{"y.tiny": 1 - y})
    np.testing.assert_allclose(load_golden(tmp_path, network).y, y)
