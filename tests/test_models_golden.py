from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import Input, InputError, Kind, Network, Node, load_golden
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from tests.networks import dense, dense_chain

WEIGHTS = np.array([[1.0, 2], [3, -1], [0, 2]])
NETWORK = dense_chain("g", 3, (dense(2, "linear", WEIGHTS, np.ones(2)),))


def samples(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    x = rng.integers(0, 9, (count, 3)).astype(np.uint8)
    return x, NETWORK.forward(x)


def test_npz_with_everything(tmp_path: Path):
    x, y = samples(6)
    labels, held_out = np.array([0, 1, 1, 0, 1, 0]), np.array([0, 1, 0, 0, 1, 1], bool)
    np.savez(tmp_path / "golden.npz", x=x, y=y, labels=labels, held_out=held_out)
    for source in (tmp_path / "golden.npz", tmp_path):
        golden = load_golden(source, NETWORK)
        np.testing.assert_array_equal(golden.x, x)
        np.testing.assert_array_equal(golden.y, NETWORK.forward(golden.x))
        np.testing.assert_array_equal(golden.labels[:, 0], labels)
        np.testing.assert_array_equal(golden.held_out, held_out)
        assert golden.x.dtype == golden.y.dtype == np.float64
        assert golden.labels.dtype == np.int64
        assert len(golden) == 6
        np.testing.assert_array_equal(golden.search.x, x[[0, 2, 3]])
        np.testing.assert_array_equal(golden.unseen.y, y[[1, 4, 5]])
        np.testing.assert_array_equal(golden.unseen.labels[:, 0], labels[[1, 4, 5]])
        assert golden.unseen.held_out.all()


def test_csv_pair(tmp_path: Path):
    x, y = samples(5)
    np.savetxt(tmp_path / "x.csv", x, delimiter=",")
    np.savetxt(tmp_path / "y.csv", y, delimiter=",", fmt="%.17g")
    for source in (f"{tmp_path}/x.csv,{tmp_path}/y.csv", tmp_path):
        golden = load_golden(source, NETWORK)
        np.testing.assert_array_equal(golden.x, x)
        np.testing.assert_array_equal(golden.y, NETWORK.forward(golden.x))
        assert golden.labels is None
        assert golden.search.labels is None


def test_quarter_is_held_out(tmp_path: Path):
    x, y = samples(80)
    np.savez(tmp_path / "g.npz", x=x, y=y)
    one, same = (load_golden(tmp_path / "g.npz", NETWORK, seed=3) for _ in range(2))
    other = load_golden(tmp_path / "g.npz", NETWORK, seed=4)
    assert len(one.unseen) == 20
    np.testing.assert_array_equal(one.held_out, same.held_out)
    assert (one.held_out != other.held_out).any()


def test_few_samples_are_not_held_out(tmp_path: Path):
    x, y = samples(39)
    np.savez(tmp_path / "g.npz", x=x, y=y)
    golden = load_golden(tmp_path / "g.npz", NETWORK)
    assert len(golden.unseen) == 0
    assert len(golden.search) == 39


def test_labels_of_one_output(tmp_path: Path):
    network = dense_chain("g", 3, (dense(1, "sigmoid", np.ones((3, 1)), np.zeros(1)),))
    x = np.array([[1.0, 0, 0], [-1, 0, 0]])
    arrays = {"x": x, "y": network.forward(x)}
    np.savez(tmp_path / "g.npz", **arrays, labels=[True, False])
    golden = load_golden(tmp_path / "g.npz", network)
    np.testing.assert_array_equal(golden.labels, [[1], [0]])
    assert (golden.task.kind, golden.task.thresholds) == (Kind.BINARY, (0.5,))
    np.savez(tmp_path / "g.npz", **arrays, labels=[0, 2], task="binary")
    with pytest.raises(InputError, match="whole numbers from 0 to 1, got 2 at sample 1"):
        load_golden(tmp_path / "g.npz", network)


def test_folder_without_golden_data(tmp_path: Path):
    with pytest.raises(InputError) as caught:
        load_golden(tmp_path, NETWORK)
    assert str(caught.value) == (
        f"golden data: expected golden.npz or x.csv and y.csv in {tmp_path}, or --golden, "
        "got none of them"
    )


def test_folder_with_half_of_a_csv_pair(tmp_path: Path):
    np.savetxt(tmp_path / "x.csv", samples(5)[0], delimiter=",")
    with pytest.raises(InputError, match=r"y\.csv: y: expected a file, got no such file"):
        load_golden(tmp_path, NETWORK)


def test_npz_comes_before_a_csv_pair(tmp_path: Path):
    x, y = samples(6)
    np.savez(tmp_path / "golden.npz", x=x, y=y)
    np.savetxt(tmp_path / "x.csv", x + 1, delimiter=",")
    np.savetxt(tmp_path / "y.csv", y, delimiter=",")
    np.testing.assert_array_equal(load_golden(tmp_path, NETWORK).x, x)


@pytest.mark.parametrize("name", ["left,right", "a,b,c"])
def test_folder_with_a_comma_in_its_name(name: str, tmp_path: Path):
    x, y = samples(5)
    folder = tmp_path / name
    folder.mkdir()
    np.savetxt(folder / "x.csv", x, delimiter=",")
    np.savetxt(folder / "y.csv", y, delimiter=",", fmt="%.17g")
    golden = load_golden(folder, NETWORK)
    np.testing.assert_array_equal(golden.x, x)
    np.testing.assert_array_equal(golden.y, NETWORK.forward(golden.x))
    np.savez(folder / "golden.npz", x=x, y=y)
    for source in (folder, folder / "golden.npz"):
        np.testing.assert_allclose(load_golden(source, NETWORK).y, y)


def test_time_steps_need_not_be_an_image_of_one_column(tmp_path: Path):
    weights = {"weights": np.ones((2, 1, 3, 2)), "bias": np.zeros(2)}
    nodes = (
        Node("c", ("x",), Conv2d(2, (2, 1), "linear"), weights),
        Node("y", ("c",), GlobalAveragePool()),
    )
    network = Network("steps", (Input("x", (5, 1, 3)),), nodes)
    x = np.random.default_rng(1).normal(size=(8, 5, 3))
    y = network.forward(x.reshape(8, 5, 1, 3))
    np.savez(tmp_path / "golden.npz", x=x, y=y, task="regression")
    np.testing.assert_array_equal(
        load_golden(tmp_path / "golden.npz", network).x, x.reshape(8, 15)
    )
    np.savez(tmp_path / "golden.npz", x=x.transpose(0, 2, 1), y=y, task="regression")
    with pytest.raises(InputError, match="x: expected shape"):
        load_golden(tmp_path / "golden.npz", network)
