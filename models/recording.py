"""Reads recorded windows of many channels, split into training and test sessions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.arrays import ArrayReference, read_array
from build_decoder.models.files.paths import require_file
from build_decoder.models.limits import MAX_GOLDEN_VALUES, MAX_WIDTH

__all__ = ["RecordedWindows", "read_recording", "split_runs"]

_KEYS = ("X_train", "y_train", "X_test", "y_test")


@dataclass(frozen=True)
class RecordedWindows:
    """Recorded windows of signals and their classes.

    Parameters
    ----------
    x_train, x_test:
        Windows, float64, (windows, channels * samples), channel by channel.
    y_train, y_test:
        Classes, int64, (windows,).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(max(self.y_train.max(), self.y_test.max())) + 1


def read_recording(path: Path, *, rectify: bool) -> RecordedWindows:
    """The recording in an ``.npz`` file.

    Parameters
    ----------
    path:
        File with ``X_train``, ``X_test`` (windows, channels, samples) and ``y_train``, ``y_test``
        (windows,). Other arrays in it are ignored.
    rectify:
        Take absolute values, as is usual for a classifier of EMG that has no rectifier itself.

    Raises
    ------
    InputError
        The file is missing or holds something else.
    """
    require_file(path)

    def read(key: str, *axes: str) -> np.ndarray:
        shape = ArrayShape((None,) * len(axes), axes, MAX_GOLDEN_VALUES)
        return read_array(ArrayReference(path, key), shape, where=key)

    parts = {}
    for part in ("train", "test"):
        x = read(f"X_{part}", "windows", "channels", "samples")
        y = read(f"y_{part}", "windows")
        if len(x) != len(y):
            raise InputError.at(
                path, f"y_{part}", expected=f"{len(x)} classes as in X_{part}", got=str(len(y))
            )
        wrong = (y != np.floor(y)) | (y < 0) | (y >= MAX_WIDTH)
        if wrong.any():
            raise InputError.at(
                path,
                f"y_{part}",
                expected=f"classes from 0 to {MAX_WIDTH - 1}",
                got=f"{y[wrong][0]:g}",
            )
        parts[part] = (np.abs(x) if rectify else x).reshape(len(x), -1), y.astype(np.int64)
    (x_train, y_train), (x_test, y_test) = parts["train"], parts["test"]
    if x_train.shape[1] != x_test.shape[1]:
        raise InputError.at(
            path,
            "X_test",
            expected=f"{x_train.shape[1]} values a window as in X_train",
            got=str(x_test.shape[1]),
        )
    return RecordedWindows(x_train, y_train, x_test, y_test)


def split_runs(labels: np.ndarray, *, fraction: float, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Split windows in the order of recording into two parts that share no signal.

    Neighbouring windows overlap, so they cannot be dealt at random. The end of each run of equal
    labels goes to the second part, and `gap` windows before it go to none.

    Returns
    -------
    Indices of the first part and of the second.
    """
    ends = np.flatnonzero(np.diff(labels)) + 1
    first, second = [], []
    for run in np.split(np.arange(len(labels)), ends):
        cut = len(run) - round(len(run) * fraction)
        first.append(run[: max(cut - gap, 0)])
        second.append(run[cut:])
    return np.concatenate(first), np.concatenate(second)
