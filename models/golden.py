"""Golden data: inputs, the trained model's own outputs, and the true labels."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.array_shape import ArrayShape
from models.arrays import ArrayReference, read_array
from models.errors import InputError, shown
from models.files import no_such, require_file
from models.limits import MAX_GOLDEN_VALUES
from models.network import Network
from models.numpy_file import npz_keys
from models.zoo import zoo_names, zoo_path

__all__ = ["GOLDEN_FILE", "GoldenData", "decisions", "load_golden"]

GOLDEN_FILE = "golden.npz"
_KEYS = ("x", "y", "labels", "held_out")
_HELD_OUT_FRACTION = 0.25
_LEAST_SAMPLES_TO_HOLD_OUT = 40


def decisions(y: np.ndarray) -> np.ndarray:
    """The class that each row of outputs stands for.

    Parameters
    ----------
    y:
        (samples, outputs), floats or raw integers of one format.

    Returns
    -------
    int64, (samples,): index of the largest output, the first of equals. For a network of one
    output: 1 where it is at least 0.5, which needs real values.
    """
    if y.shape[1] == 1:
        return (y[:, 0] >= 0.5).astype(np.int64)
    return np.argmax(y, axis=1)


@dataclass(frozen=True)
class GoldenData:
    """Samples that a decoder is measured on.

    Parameters
    ----------
    x:
        Inputs, float64, (samples, inputs).
    y:
        The trained model's own outputs, float64, (samples, outputs).
    labels:
        True class of each sample, int64, (samples,); None where it is not known.
    held_out:
        bool, (samples,): samples that no search of formats may look at.
    """

    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray | None
    held_out: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    @property
    def search(self) -> "GoldenData":
        """The samples that a search may look at."""
        return self.select(~self.held_out)

    @property
    def unseen(self) -> "GoldenData":
        """The samples that are held out."""
        return self.select(self.held_out)

    def select(self, which: np.ndarray) -> "GoldenData":
        """The samples that `which`, a mask or indices, picks."""
        labels = None if self.labels is None else self.labels[which]
        return GoldenData(self.x[which], self.y[which], labels, self.held_out[which])


def load_golden(source: str | Path, network: Network, *, seed: int = 0) -> GoldenData:
    """The golden data that `source` names, checked against `network`.

    Parameters
    ----------
    source:
        An ``.npz`` file with the arrays ``x`` (samples, inputs), ``y`` (samples, outputs) and
        optionally ``labels`` (samples,) and ``held_out`` (samples,); a pair of files
        ``x.csv,y.csv``; a folder with ``golden.npz``, or else with ``x.csv`` and ``y.csv``; or
        the name of a zoo network.
    seed:
        Picks the held-out quarter where there is no ``held_out`` and there are 40 samples or more.
        With fewer, nothing is held out.

    Raises
    ------
    InputError
        There is nothing there, or it does not fit the network.
    """
    path = zoo_path(str(source)) if str(source) in zoo_names() else Path(source)
    if os.path.isdir(path):
        references = _references_in(path)
    elif path.suffix == ".npz":
        references = _references_to(path)
    else:
        pair = str(path).split(",")
        if len(pair) != 2:
            raise InputError.at(
                source,
                "",
                expected="golden data in FILE.npz, X.csv,Y.csv or a folder of them",
                got=no_such(path),
            )
        references = {key: ArrayReference(Path(p)) for key, p in zip("xy", pair, strict=True)}
    return _read(references, network, seed)


def _references_in(folder: Path) -> dict[str, ArrayReference]:
    npz = folder / GOLDEN_FILE
    if os.path.lexists(npz):
        return _references_to(npz)
    pair = {key: folder / f"{key}.csv" for key in "xy"}
    if not any(map(os.path.lexists, pair.values())):
        raise InputError.at(
            "golden data",
            "",
            expected=f"{GOLDEN_FILE} or x.csv and y.csv in {folder}, or --golden",
            got="none of them",
        )
    return {key: ArrayReference(path) for key, path in pair.items()}


def _references_to(npz: Path) -> dict[str, ArrayReference]:
    return {key: ArrayReference(npz, key) for key in _keys_in(npz)}


def _keys_in(path: Path) -> tuple[str, ...]:
    require_file(path)
    keys = npz_keys(path)
    for key in keys:
        if key not in _KEYS:
            raise InputError.at(
                path, "", expected=f"only the arrays {', '.join(_KEYS)}", got=shown(key)
            )
    for key in ("x", "y"):
        if key not in keys:
            raise InputError.at(
                path, "", expected=f"an array {key}", got=f"only {', '.join(keys) or 'nothing'}"
            )
    return keys


def _read(references: dict[str, ArrayReference], network: Network, seed: int) -> GoldenData:
    def read(key: str, *axes: tuple[str, int | None]) -> np.ndarray:
        names, sizes = zip(*axes, strict=True)
        shape = ArrayShape(sizes, names, MAX_GOLDEN_VALUES)
        return read_array(references[key], shape, where=key)

    x = read("x", ("samples", None), ("inputs", network.input_count))
    y = read("y", ("samples", None), ("outputs", network.output_count))
    if len(x) != len(y):
        raise InputError.at(
            references["y"].path, "y", expected=f"{len(x)} samples as in x", got=str(len(y))
        )

    def read_whole(key: str, limit: int) -> np.ndarray:
        values = read(key, ("samples", len(x)))
        wrong = (values != np.floor(values)) | (values < 0) | (values > limit)
        if wrong.any():
            index = int(np.argmax(wrong))
            raise InputError.at(
                references[key].path,
                key,
                expected=f"whole numbers from 0 to {limit}",
                got=f"{values[index]:g} at sample {index}",
            )
        return values.astype(np.int64)

    labels = None
    if "labels" in references:
        labels = read_whole("labels", max(network.output_count - 1, 1))
    if "held_out" in references:
        held_out = read_whole("held_out", 1).astype(bool)
        if held_out.all():
            raise InputError.at(
                references["held_out"].path,
                "held_out",
                expected="samples that are not held out",
                got="none",
            )
    else:
        held_out = _hold_out(len(x), seed)
    return GoldenData(x, y, labels, held_out)


def _hold_out(samples: int, seed: int) -> np.ndarray:
    held_out = np.zeros(samples, dtype=bool)
    if samples >= _LEAST_SAMPLES_TO_HOLD_OUT:
        count = round(samples * _HELD_OUT_FRACTION)
        held_out[np.random.default_rng(seed).permutation(samples)[:count]] = True
    return held_out
