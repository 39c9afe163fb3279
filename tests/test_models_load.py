"""Networks from folders: what is written is read again, and chains of format 1 still are."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, Network, load_network, save_network
from tests.networks import dense, dense_chain


@pytest.fixture
def network() -> Network:
    rng = np.random.default_rng(7)
    layers = (
        dense(4, "tanh", rng.normal(size=(5, 4)), rng.normal(size=4)),
        # float32 values, as a training tool has them
        dense(
            3, "sigmoid", rng.normal(size=(4, 3)).astype(np.float32).astype(float), np.zeros(3)
        ),
    )
    return dense_chain("small.net-1", 5, layers)


def assert_same(a: Network, b: Network) -> None:
    assert (a.name, a.topology) == (b.name, b.topology)
    for one, other in zip(a.layers, b.layers, strict=True):
        assert one.activation == other.activation
        np.testing.assert_array_equal(one.weights, other.weights)
        np.testing.assert_array_equal(one.bias, other.bias)
        assert other.weights.dtype == other.bias.dtype == np.float64


def save_chain(network: Network, folder: Path) -> None:
    """A folder of format 1, as it was written before format 2: an array a file."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for number, layer in enumerate(network.layers, 1):
        names = {key: f"layer{number}_{key}.npy" for key in ("weights", "bias")}
        for key, name in names.items():
            np.save(folder / name, getattr(layer, key))
        entries.append(
            {"type": "dense", "units": layer.units, "activation": layer.activation, **names}
        )
    description = {
        "format": 1, "name": network.name, "inputs": [network.input_count], "layers": entries,
    }  # fmt: skip
    (folder / "network.json").write_text(json.dumps(description))


def rewrite(folder: Path, number: int, **changes: str) -> None:
    path = folder / "network.json"
    description = json.loads(path.read_text())
    description["layers"][number] |= changes
    path.write_text(json.dumps(description))


@pytest.mark.parametrize("save", [save_network, save_chain], ids=["format 2", "format 1"])
def test_round_trip(network: Network, save, tmp_path: Path):
    save(network, tmp_path / "a" / "b")
    assert_same(network, load_network(tmp_path / "a" / "b"))
    assert_same(network, load_network(str(tmp_path / "a" / "b" / "network.json")))


def test_what_is_written_can_be_read_by_a_person(network: Network, tmp_path: Path):
    save_network(network, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"network.json", "weights.npz"}
    assert json.loads((tmp_path / "network.json").read_text()) == {
        "format": 2,
        "name": "small.net-1",
        "inputs": [{"name": "x", "shape": [5]}],
        "layers": [
            {
                "name": "layer1", "inputs": ["x"], "type": "dense", "units": 4,
                "activation": "tanh", "weights": "weights.npz:layer1.weights",
                "bias": "weights.npz:layer1.bias",
            },
            {
                "name": "layer2", "inputs": ["layer1"], "type": "dense", "units": 3,
                "activation": "sigmoid", "weights": "weights.npz:layer2.weights",
                "bias": "weights.npz:layer2.bias",
            },
        ],
    }  # fmt: skip
    lines = (tmp_path / "network.json").read_text().splitlines()
    assert sum('"units"' in line for line in lines) == 2  # a layer a line
    assert len(lines) == 11
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as arrays:
        types = {key: array.dtype for key, array in arrays.items()}
    # float32 where that loses nothing
    assert types == {
        "layer1.weights": np.float64, "layer1.bias": np.float64,
        "layer2.weights": np.float32, "layer2.bias": np.float32,
    }  # fmt: skip


@pytest.mark.parametrize("save", [save_network, save_chain], ids=["format 2", "format 1"])
def test_csv_and_npz(network: Network, save, tmp_path: Path):
    save(network, tmp_path)
    first, second = network.layers
    np.savetxt(tmp_path / "w.csv", first.weights, delimiter=", ", fmt="%.17g")
    np.savetxt(tmp_path / "column.csv", first.bias, fmt="%.17g")
    np.savez(tmp_path / "all.npz", w=second.weights, b=second.bias[None, :])
    rewrite(tmp_path, 0, weights="w.csv", bias="column.csv")
    rewrite(tmp_path, 1, weights="all.npz:w", bias="all.npz:b")
    assert_same(network, load_network(tmp_path))
    row = "\ufeff" + ",".join(f"{value:.17g}" for value in first.bias) + "\r\n\r\n"
    (tmp_path / "row.csv").write_text(row, encoding="utf-8")  # as Excel writes it
    rewrite(tmp_path, 0, bias="row.csv")
    assert_same(network, load_network(tmp_path))


@pytest.mark.parametrize("kind", ["csv", "npy", "npz"])
def test_bias_as_last_row(network: Network, tmp_path: Path, kind: str):
    save_chain(network, tmp_path)
    rows = np.vstack([network.layers[0].weights, network.layers[0].bias])
    match kind:
        case "csv":
            np.savetxt(tmp_path / "w.csv", rows, delimiter=",", fmt="%.17g")
        case "npy":
            np.save(tmp_path / "w.npy", np.asfortranarray(rows))
        case "npz":
            np.savez_compressed(tmp_path / "w.npz", matrix=rows)
    reference = "w.npz:matrix" if kind == "npz" else f"w.{kind}"
    rewrite(tmp_path, 0, weights=reference, bias="last_row")
    assert_same(network, load_network(tmp_path))


@pytest.mark.parametrize("dtype", ["i1", ">i4", "f2", ">f8", "u8", "?"])
@pytest.mark.parametrize("save", [save_network, save_chain], ids=["format 2", "format 1"])
def test_other_number_types(network: Network, save, tmp_path: Path, dtype: str):
    save(network, tmp_path)
    weights = np.array(np.arange(20).reshape(5, 4) % 2, dtype)
    np.save(tmp_path / "w.npy", weights)
    rewrite(tmp_path, 0, weights="w.npy")
    np.testing.assert_array_equal(load_network(tmp_path).layers[0].weights, weights)


def test_link_inside_the_folder_is_fine(network: Network, tmp_path: Path):
    save_chain(network, tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "w.npy").symlink_to("layer1_weights.npy")
    rewrite(tmp_path / "real", 0, weights="w.npy")
    assert_same(network, load_network(tmp_path / "link"))


def test_unknown_source_lists_the_zoo():
    with pytest.raises(InputError) as caught:
        load_network("ahead_case9")
    message = str(caught.value)
    expected = "ahead_case9: expected a metadata folder, a .keras or .onnx file, or one of "
    assert message.startswith(expected)
    assert "ahead_case1" in message
    assert message.endswith("got no such file or folder")


def test_an_onnx_file_without_the_package(tmp_path, monkeypatch):
    (tmp_path / "net.onnx").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError) as caught:
        load_network(tmp_path / "net.onnx")
    assert "expected the package onnx (pip install 'build_decoder[onnx]')" in str(caught.value)


def test_an_onnx_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="net.onnx: expected a file, got no such file or folder"):
        load_network(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("m.h5", "got HDF5: open it with Keras and save the model as .keras"),
        ("M.H5", "got HDF5"),
        ("m.pkl", "got a pickle, .* never read: write it by models.from_sklearn"),
        ("m.pt", "got a pickle, .* never read: write it by models.from_torch"),
        ("m.tflite", "got TFLite"),
        ("m.txt", "got something else"),
    ],
)
def test_files_of_others(tmp_path: Path, name: str, message: str):
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(InputError, match=message):
        load_network(tmp_path / name)


def test_a_file_of_others_that_is_not_there(tmp_path: Path):
    with pytest.raises(InputError, match="got no such"):
        load_network(tmp_path / "m.h5")
