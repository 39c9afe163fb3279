"""MATLAB's files: golden data and weights, as in ``.npz``."""

import importlib.util

import numpy as np
import pytest

from build_decoder.models import load_golden, load_network
from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.arrays import ArrayReference, read_array

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("scipy", "h5py"))),
    reason="SciPy and h5py are not installed: pip install build_decoder[train]",
)
NETWORK = load_network("tiny")


def _arrays() -> dict:
    golden = load_golden("tiny", NETWORK)
    return {"x": golden.x[:40], "y": golden.y[:40], "labels": golden.labels[:40].reshape(-1, 1)}


def _save(path, arrays, version: str) -> None:
    """As MATLAB's ``save`` does, with ``-v6``, ``-v7`` or ``-v7.3``."""
    if version != "-v7.3":
        import scipy.io

        scipy.io.savemat(path, arrays, do_compression=version == "-v7")
        return
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in arrays.items():
            text = isinstance(value, str)
            array = np.array([[ord(each)] for each in value]) if text else np.atleast_2d(value)
            stored = array.astype(np.uint16) if text else array.T
            file[name] = stored
            file[name].attrs["MATLAB_class"] = np.bytes_("char" if text else "double")


@pytest.mark.parametrize("version", ["-v6", "-v7", "-v7.3"])
def test_golden_data_are_those_of_an_npz(tmp_path, version):
    arrays = {**_arrays(), "task": "classes"}
    _save(tmp_path / "golden.mat", arrays, version)
    np.savez(tmp_path / "golden.npz", **arrays)
    got = load_golden(tmp_path / "golden.mat", NETWORK)
    wanted = load_golden(tmp_path / "golden.npz", NETWORK)
    for name in ("x", "y", "labels", "held_out"):
        np.testing.assert_array_equal(getattr(got, name), getattr(wanted, name))
    assert got.task.kinds == wanted.task.kinds


@pytest.mark.parametrize("version", ["-v7", "-v7.3"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"x": np.zeros((40, 3))}, "x: expected shape"),
        ({"y": np.zeros((39, 2))}, "y: expected"),
        ({"z": np.zeros((2, 2))}, "expected only the arrays x, y, labels"),
        ({"x": np.full((40, 16), np.nan)}, "finite numbers"),
        ({"task": "guess"}, "task"),
    ],
)
def test_the_same_faults_are_told_with_the_name_of_the_file(tmp_path, version, changes, said):
    path = tmp_path / "golden.mat"
    _save(path, _arrays() | changes, version)
    with pytest.raises(InputError) as caught:
        load_golden(path, NETWORK)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_other_variables_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "golden.mat"
    _save(path, _arrays() | {"s": {"a": 1}}, "-v7")
    with pytest.raises(InputError, match="golden.mat: s: expected numbers or a text .no struct"):
        load_golden(path, NETWORK)
    _save(path, _arrays() | {"x": np.zeros((40, 16), complex)}, "-v7")
    with pytest.raises(InputError, match="golden.mat: x: expected real numbers"):
        load_golden(path, NETWORK)


@pytest.mark.parametrize("data", [b"", b"nothing", b"\x89HDF nothing", b" " * 512 + b"\x89HDF"])
def test_damaged_files(tmp_path, data):
    path = tmp_path / "golden.mat"
    path.write_bytes(data)
    with pytest.raises(InputError, match="golden.mat: expected a .mat file, got a damaged file"):
        load_golden(path, NETWORK)


def test_weights(tmp_path):
    weights = np.arange(6.0).reshape(2, 3)
    _save(tmp_path / "w.mat", {"w1": weights}, "-v7")
    reference = ArrayReference.parse(f"{tmp_path}/w.mat:w1")
    shape = ArrayShape((2, 3), ("inputs", "units"), 100)
    np.testing.assert_array_equal(read_array(reference, shape, where="weights"), weights)
    other = ArrayReference.parse(f"{tmp_path}/w.mat:w2")
    with pytest.raises(InputError, match="expected a variable called 'w2', got a file without it"):
        read_array(other, shape, where="weights")
