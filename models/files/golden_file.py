"""The arrays of golden data as they stand in the user's files, with shapes checked."""

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.arrays import ArrayReference, read_array
from build_decoder.models.files.mat_file import mat_contents
from build_decoder.models.files.named_labels import (
    NAMES_KEY,
    read_class_names,
    read_named_labels,
)
from build_decoder.models.files.numpy_file import npz_keys, npz_shape, read_npz_text
from build_decoder.models.files.paths import no_such, require_file
from build_decoder.models.limits import MAX_GOLDEN_VALUES
from build_decoder.models.network import Network
from build_decoder.models.zoo import zoo_golden, zoo_names

__all__ = ["GOLDEN_FILE", "GoldenFile", "read_golden_file"]

GOLDEN_FILE = "golden.npz"
_KEYS = ("x", "y", "labels", NAMES_KEY, "targets", "held_out", "task", "threshold", "steps")
_OF_NETWORK = "y."


@dataclass(frozen=True)
class GoldenFile:
    """The arrays of golden data, numbers as float64; None for an array that it does not have.

    Parameters
    ----------
    path:
        File that ``y`` is in, for error messages.
    x, y:
        Inputs (samples, inputs), and the trained model's outputs (samples, outputs).
    labels, targets:
        Truth, (samples,) or (samples, outputs). Labels that the file has as names are indices.
    class_names:
        Names of the classes in order, where the file has such.
    by_alphabet:
        Whether labels are names whose order nobody said, so that it is the alphabet's.
    held_out:
        (samples,).
    task:
        Name of a task, unchecked.
    thresholds:
        One, or one an output.
    steps:
        Samples of a sequence, of a continuous network.
    """

    path: Path
    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    by_alphabet: bool = False
    targets: np.ndarray | None = None
    held_out: np.ndarray | None = None
    task: str | None = None
    thresholds: tuple[float, ...] = ()
    steps: int | None = None

    def error(self, key: str, expected: str, got: str) -> InputError:
        """An `InputError` about the array `key`."""
        return InputError.at(self.path, key, expected=expected, got=got)


def read_golden_file(source: str | Path, network: Network) -> GoldenFile:
    """The arrays that `source` names; see `models.golden.load_golden`.

    Raises
    ------
    InputError
        There is nothing there, or an array's shape does not fit the network.
    """
    if Path(source).suffix == ".mat" and str(source) not in zoo_names():
        return _read_mat_file(Path(source), network)
    references = _references(source, network.name)
    inputs, outputs = network.input_count, network.output_count

    def read(key: str, *axes: tuple[str, int | None]) -> np.ndarray:
        names, sizes = zip(*axes, strict=True)
        shape = ArrayShape(sizes, names, MAX_GOLDEN_VALUES)
        return read_array(references[key], shape, where=key)

    x = read("x", ("samples", None), *_input_axes(references["x"], network))
    x = x.reshape(len(x), inputs)
    y = read("y", ("samples", None), ("outputs", outputs))
    path = references["y"].path
    if len(x) != len(y):
        hint = _header_hint(x, y) if path.suffix == ".csv" else ""
        raise InputError.at(
            path, "y", expected=f"{len(x)} samples as in x{hint}", got=str(len(y))
        )
    more = _named(path, references, len(x), outputs)
    for key in ("labels", "targets"):
        if key in references and key not in more:
            axes = [("samples", len(x))]
            if outputs > 1 and _is_matrix(npz_shape(path, key), len(x)):
                axes.append(("outputs", outputs))
            more[key] = read(key, *axes)
    if "held_out" in references:
        more["held_out"] = read("held_out", ("samples", len(x)))
    if "task" in references:
        more["task"] = read_npz_text(path, "task")
    if "threshold" in references:
        count = int(np.prod(npz_shape(path, "threshold"), dtype=object))
        axes = [("outputs", 1 if count == 1 else outputs)] if npz_shape(path, "threshold") else []
        shape = ArrayShape(tuple(n for _, n in axes), tuple(a for a, _ in axes), outputs)
        found = read_array(references["threshold"], shape, where="threshold")
        more["thresholds"] = tuple(map(float, np.atleast_1d(found)))
    if "steps" in references:
        found = read_array(references["steps"], ArrayShape((), (), 1), where="steps")
        more["steps"] = _steps(found.item(), len(x), network, path)
    elif network.continuous:
        more["steps"] = len(x)
    return GoldenFile(path, x, y, **more)


def _named(
    path: Path, references: dict[str, ArrayReference], samples: int, outputs: int
) -> dict[str, object]:
    """Fields of a `GoldenFile` that names of classes give."""
    names = read_class_names(path, outputs) if NAMES_KEY in references else ()
    found = read_named_labels(path, samples, outputs, names) if "labels" in references else None
    if found is None:
        return {"class_names": names}
    return {"labels": found.labels, "class_names": found.names, "by_alphabet": not names}


def _read_mat_file(path: Path, network: Network) -> GoldenFile:
    """As of an ``.npz`` of the same arrays."""
    require_file(path)
    found = {
        # MATLAB has no numbers without axes.
        name: array.reshape(()) if name in ("steps", "threshold") and array.size == 1 else array
        for name, array in mat_contents(path).items()
    }
    with tempfile.TemporaryDirectory(prefix="build_decoder_") as folder:
        copy = Path(folder) / "golden.npz"
        np.savez(copy, **found)
        try:
            return replace(read_golden_file(copy, network), path=path)
        except InputError as error:  # the copy is none of the user's
            raise InputError(str(error).replace(str(copy), str(path))) from None


def _steps(steps: float, samples: int, network: Network, path: Path) -> int:
    """Samples of a sequence, which sequences are whole of."""
    if not network.continuous:
        raise InputError.at(path, "steps", expected="a continuous network", got=network.name)
    if steps < 1 or steps != int(steps) or samples % steps:
        raise InputError.at(
            path, "steps", expected=f"samples of a sequence, which divide {samples}",
            got=f"{steps:g}",
        )
    return int(steps)


def _input_axes(reference: ArrayReference, network: Network) -> list[tuple[str, int]]:
    """Axes of ``x``: those of the only input if the array has as many, else one for all values."""
    given = network.given_inputs
    if len(given) == 1 and reference.key is not None:
        shape, found = given[0].shape, npz_shape(reference.path, reference.key)
        if len(shape) == 3 and shape[1] == 1 and found[1:] == (shape[0], shape[2]):
            shape = found[1:]  # time steps, which are an image of one column to convolutions
        if len(found) == 1 + len(shape):
            axes = [f"axis {number}" for number in range(1, 1 + len(shape))]
            return list(zip(axes if len(shape) > 1 else ["inputs"], shape, strict=True))
    return [("inputs", network.input_count)]


def _references(source: str | Path, network: str) -> dict[str, ArrayReference]:
    path = zoo_golden(str(source)) if str(source) in zoo_names() else Path(source)
    if os.path.isdir(path):
        return _references_in(path, network)
    if path.suffix == ".npz":
        return _references_to(path, network)
    pair = str(path).split(",")
    if len(pair) != 2:
        raise InputError.at(
            source,
            "",
            expected="golden data in FILE.npz, FILE.mat, X.csv,Y.csv or a folder of them",
            got=no_such(path),
        )
    return {key: ArrayReference(Path(p)) for key, p in zip("xy", pair, strict=True)}


def _references_in(folder: Path, network: str) -> dict[str, ArrayReference]:
    npz = folder / GOLDEN_FILE
    if os.path.lexists(npz):
        return _references_to(npz, network)
    pair = {key: folder / f"{key}.csv" for key in "xy"}
    if not any(map(os.path.lexists, pair.values())):
        raise InputError.at(
            "golden data",
            "",
            expected=f"{GOLDEN_FILE} or x.csv and y.csv in {folder}, or --golden",
            got="none of them",
        )
    return {key: ArrayReference(path) for key, path in pair.items()}


def _references_to(path: Path, network: str) -> dict[str, ArrayReference]:
    """The arrays of an ``.npz``; ``y.NAME`` are the outputs of the network of that name."""
    require_file(path)
    found = {key: ArrayReference(path, key) for key in npz_keys(path)}
    own = f"{_OF_NETWORK}{network}"
    if own in found:
        found.setdefault("y", found[own])
    keys = [key for key in found if not key.startswith(_OF_NETWORK)]
    for key in keys:
        if key not in _KEYS:
            raise InputError.at(
                path, "", expected=f"only the arrays {', '.join(_KEYS)} and {_OF_NETWORK}NAME",
                got=shown(key),
            )
    for key in ("x", "y"):
        if key not in keys:
            others = len(keys) < len(found)
            raise InputError.at(
                path,
                "",
                expected=f"an array {key} or {own}" if key == "y" and others else f"an array {key}",
                got=f"only {shown(', '.join(found)) if found else 'nothing'}",
            )
    return {key: found[key] for key in keys}


def _is_matrix(shape: tuple[int, ...], samples: int) -> bool:
    """Whether an array has a column an output; a vector may be written as one column or row."""
    return len(shape) == 2 and shape[1] != 1 and (shape[0] != 1 or shape[1] != samples)


def _header_hint(x: np.ndarray, y: np.ndarray) -> str:
    name, longer = ("x", x) if len(x) > len(y) else ("y", y)
    counted = np.array_equal(longer[0], np.arange(longer.shape[1]))
    if abs(len(x) - len(y)) == 1 and counted:
        return f" (row 1 of {name} looks like a header: {shown(longer[0].tolist())})"
    return ""
