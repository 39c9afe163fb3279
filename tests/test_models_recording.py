from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError
from build_decoder.models.recording import read_recording, split_runs


def write(path: Path, **changes: np.ndarray) -> Path:
    rng = np.random.default_rng(0)
    arrays = {
        "X_train": rng.integers(-128, 128, (6, 2, 3)).astype(np.int8),
        "y_train": np.array([0, 1, 2, 0, 1, 2], np.uint8),
        "X_test": np.full((2, 2, 3), -128, np.int8),
        "y_test": np.array([2, 1], np.uint8),
        "fs": np.int64(200),
    }
    np.savez(path, **(arrays | changes))
    return path


def test_windows_are_flattened_channel_by_channel(tmp_path: Path):
    path = write(tmp_path / "r.npz")
    windows = read_recording(path, rectify=False)
    with np.load(path) as file:
        np.testing.assert_array_equal(windows.x_train, file["X_train"].reshape(6, 6))
        np.testing.assert_array_equal(windows.y_train, file["y_train"])
    assert windows.classes == 3


def test_rectify_reaches_128(tmp_path: Path):
    """The magnitude of -128 does not fit the int8 that it came in."""
    windows = read_recording(write(tmp_path / "r.npz"), rectify=True)
    np.testing.assert_array_equal(windows.x_test, np.full((2, 6), 128.0))
    assert windows.x_train.min() >= 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X_test": np.ones((2, 2, 4))}, "X_test: expected 6 values a window as in X_train, got 8"),
        ({"y_test": np.ones(3)}, "y_test: expected 2 classes as in X_test, got 3"),
        ({"y_test": np.array([0.5, 1])}, "y_test: expected classes from 0 to 65535, got 0.5"),
        ({"X_test": np.ones((2, 6))}, "X_test: expected shape .any, any, any."),
    ],
)
def test_malformed(changes: dict[str, np.ndarray], message: str, tmp_path: Path):
    with pytest.raises(InputError, match=message):
        read_recording(write(tmp_path / "r.npz", **changes), rectify=False)


def test_missing_file(tmp_path: Path):
    with pytest.raises(InputError, match="expected a file, got no such file"):
        read_recording(tmp_path / "absent.npz", rectify=False)


def test_split_runs():
    labels = np.array([0] * 10 + [1] * 5 + [0] * 10)
    first, second = split_runs(labels, fraction=0.2, gap=2)
    np.testing.assert_array_equal(second, [8, 9, 14, 23, 24])
    np.testing.assert_array_equal(first, [*range(6), 10, 11, *range(15, 21)])
