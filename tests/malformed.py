"""Malformed networks and golden data: one table for the loaders' tests and the command line's.

Each case makes a good small decoder in a folder and then breaks one thing.
"""

import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["CASES", "MalformedCase", "make_good"]

INPUTS, HIDDEN, OUTPUTS, SAMPLES = 5, 4, 3, 60


@dataclass(frozen=True)
class MalformedCase:
    """One thing that a user can get wrong.

    Parameters
    ----------
    name:
        What is wrong.
    make:
        Given an empty folder, writes the files into it and returns the command-line arguments
        ``--network PATH --golden PATH``.
    expects:
        Parts of the message: the file, what was expected and what came.
    """

    name: str
    make: Callable[[Path], list[str]]
    expects: tuple[str, ...]


def make_good(folder: Path) -> list[str]:
    """A good 5-4-3 decoder with golden data; returns its command-line arguments."""
    rng = np.random.default_rng(0)
    network = folder / "network"
    network.mkdir(parents=True)
    w1, w2 = rng.normal(size=(INPUTS, HIDDEN)), rng.normal(size=(HIDDEN, OUTPUTS))
    np.savetxt(network / "w1.csv", w1, delimiter=",")
    np.savetxt(network / "b1.csv", np.zeros(HIDDEN), delimiter=",")
    np.save(network / "w2.npy", w2)
    np.savez(network / "arrays.npz", b2=np.zeros(OUTPUTS))
    layers = [
        _layer(HIDDEN, "relu", "w1.csv", "b1.csv"),
        _layer(OUTPUTS, "linear", "w2.npy", "arrays.npz:b2"),
    ]
    description = {"format": 1, "name": "small", "inputs": [INPUTS], "layers": layers}
    (network / "network.json").write_text(json.dumps(description))
    x = rng.normal(size=(SAMPLES, INPUTS))
    y = np.maximum(x @ w1, 0) @ w2
    np.savez(folder / "golden.npz", x=x, y=y, labels=np.argmax(y, axis=1))
    return _arguments(folder)


def _arguments(folder: Path) -> list[str]:
    return ["--network", str(folder / "network"), "--golden", str(folder / "golden.npz")]


def _layer(units: int, activation: str, weights: str, bias: str) -> dict[str, Any]:
    return {
        "type": "dense",
        "units": units,
        "activation": activation,
        "weights": weights,
        "bias": bias,
    }


def _json(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Path], list[str]]:
    """`edit` changes the decoded ``network.json`` in place, or returns another value for it."""

    def make(folder: Path) -> list[str]:
        arguments = make_good(folder)
        path = folder / "network" / "network.json"
        description = json.loads(path.read_text())
        replaced = edit(description)
        path.write_text(json.dumps(description if replaced is None else replaced))
        return arguments

    return make


def _set(value: Any, *keys: str | int) -> Callable[[Path], list[str]]:
    """``network.json`` with the value at the end of `keys` replaced."""

    def edit(description: Any) -> None:
        for key in keys[:-1]:
            description = description[key]
        description[keys[-1]] = value

    return _json(edit)


def _delete(*keys: str | int) -> Callable[[Path], list[str]]:
    def edit(description: Any) -> None:
        for key in keys[:-1]:
            description = description[key]
        del description[keys[-1]]

    return _json(edit)


def _text(text: str | bytes, *parts: str) -> Callable[[Path], list[str]]:
    """The file at `parts` with other contents."""

    def make(folder: Path) -> list[str]:
        arguments = make_good(folder)
        data = text.encode() if isinstance(text, str) else text
        folder.joinpath(*parts).write_bytes(data)
        return arguments

    return make


def _weights(array: np.ndarray) -> Callable[[Path], list[str]]:
    """Other weights of the second layer."""

    def make(folder: Path) -> list[str]:
        arguments = make_good(folder)
        np.save(folder / "network" / "w2.npy", array, allow_pickle=True)
        return arguments

    return make


def _golden(**changes: np.ndarray | None) -> Callable[[Path], list[str]]:
    """Golden data with arrays replaced, added, or left out where None."""

    def make(folder: Path) -> list[str]:
        arguments = make_good(folder)
        path = folder / "golden.npz"
        with np.load(path) as file:
            arrays = dict(file) | changes
        np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
        return arguments

    return make


def _remove(*parts: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        arguments = make_good(folder)
        folder.joinpath(*parts).unlink()
        return arguments

    return make


def _with(value: float, shape: tuple[int, ...]) -> np.ndarray:
    """Ones, and `value` as the last of them."""
    array = np.ones(shape)
    array.flat[-1] = value
    return array


def _no_network(folder: Path) -> list[str]:
    return ["--network", str(folder / "absent"), *make_good(folder)[2:]]


def _outside_by_link(folder: Path) -> list[str]:
    arguments = make_good(folder)
    (folder / "network" / "w2.npy").rename(folder / "elsewhere.npy")
    (folder / "network" / "w2.npy").symlink_to(folder / "elsewhere.npy")
    return arguments


def _truncated_weights(folder: Path) -> list[str]:
    arguments = make_good(folder)
    path = folder / "network" / "w2.npy"
    os.truncate(path, path.stat().st_size - 8)
    return arguments


def _truncated_golden(folder: Path) -> list[str]:
    arguments = make_good(folder)
    path = folder / "golden.npz"
    os.truncate(path, path.stat().st_size // 2)
    return arguments


def _huge_header(folder: Path) -> list[str]:
    """A few bytes that claim to be a petabyte of samples."""
    arguments = make_good(folder)
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**14 // INPUTS, INPUTS)}
    with zipfile.ZipFile(folder / "golden.npz", "w") as archive:
        for key in ("x", "y"):
            with archive.open(f"{key}.npy", "w") as stream:
                np.lib.format.write_array_header_1_0(stream, header)
    return arguments


def _golden_is_text(folder: Path) -> list[str]:
    arguments = make_good(folder)
    (folder / "notes.txt").write_text("x and y are in the drawer")
    return [*arguments[:3], str(folder / "notes.txt")]


def _csv_pair(x: str, y: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        arguments = make_good(folder)
        (folder / "x.csv").write_text(x)
        (folder / "y.csv").write_text(y)
        return [*arguments[:3], f"{folder / 'x.csv'},{folder / 'y.csv'}"]

    return make


def _object_array() -> np.ndarray:
    array = np.empty((HIDDEN, OUTPUTS), dtype=object)
    array[:] = 1.0
    return array


_X, _Y = (SAMPLES, INPUTS), (SAMPLES, OUTPUTS)


def _labels_from_one(folder: Path) -> list[str]:
    arguments = make_good(folder)
    with np.load(folder / "golden.npz") as file:
        arrays = dict(file)
    np.savez(folder / "golden.npz", **arrays | {"labels": arrays["labels"] + 1})
    return arguments


def _constant(folder: Path) -> list[str]:
    arguments = make_good(folder)
    np.save(folder / "network" / "w2.npy", np.zeros((HIDDEN, OUTPUTS)))
    with np.load(folder / "golden.npz") as file:
        x = file["x"]
    np.savez(folder / "golden.npz", x=x, y=np.zeros(_Y))
    return arguments


_LAYER_KEYS = "type, units, activation, weights, bias"

CASES: list[MalformedCase] = [
    # the folder and network.json
    MalformedCase("no such network", _no_network, ("absent", "no such file or folder")),
    MalformedCase(
        "no network.json", _remove("network", "network.json"), ("network.json", "a file")
    ),
    MalformedCase("not JSON", _text("{oops", "network", "network.json"), ("line 1", "JSON")),
    MalformedCase(
        "binary network.json", _text(b"\xff\xfe\x00", "network", "network.json"), ("binary data",)
    ),
    MalformedCase(
        "a key twice",
        _text('{"format": 1, "format": 1}', "network", "network.json"),
        ("each key once", "'format' twice"),
    ),
    MalformedCase(
        "nested without end",
        _text("[" * 100_000, "network", "network.json"),
        ("network.json", "JSON", "absurd"),
    ),
    MalformedCase("JSON of the wrong type", _json(lambda _: [1, 2]), ("a JSON object", "[1, 2]")),
    MalformedCase("another format", _set(3, "format"), ("format", "expected 1 or 2", "got 3")),
    MalformedCase("format true", _set(True, "format"), ("format", "expected 1 or 2", "got True")),
    MalformedCase("format a list", _set([1], "format"), ("format", "expected 1 or 2", "got [1]")),
    MalformedCase("no name", _delete("name"), ("name: expected this key",)),
    MalformedCase("name is a path", _set("../up", "name"), ("name", "letters", "'../up'")),
    MalformedCase("unknown key", _set(1, "color"), ("only the keys", "'color'")),
    MalformedCase("inputs no list", _set(INPUTS, "inputs"), ("inputs", "a list", "got 5")),
    MalformedCase("inputs of no size", _set([], "inputs"), ("inputs", "one size", "got []")),
    MalformedCase("inputs zero", _set([0], "inputs"), ("inputs", "a whole number", "got 0")),
    MalformedCase(
        "inputs absurd", _set([10**12], "inputs"), ("inputs", "from 1 to 65536", "1000000000000")
    ),
    MalformedCase("no layers", _set([], "layers"), ("layers", "got 0")),
    MalformedCase("layer no object", _set("dense", "layers", 0), ("layer 1", "object", "'dense'")),
    # a layer
    MalformedCase(
        "unknown layer type",
        _set("lstm2", "layers", 1, "type"),
        ("layer 2: type", "dense", "'lstm2'"),
    ),
    MalformedCase(
        "unknown activation",
        _set("softmin", "layers", 0, "activation"),
        ("layer 1: activation", "sigmoid", "'softmin'"),
    ),
    MalformedCase(
        "activation no string", _set([], "layers", 0, "activation"), ("layer 1: activation", "[]")
    ),
    MalformedCase(
        "units absurd", _set(10**9, "layers", 0, "units"), ("layer 1: units", "1000000000")
    ),
    MalformedCase("units a string", _set("4", "layers", 0, "units"), ("layer 1: units", "'4'")),
    MalformedCase("units a float", _set(4.0, "layers", 0, "units"), ("layer 1: units", "4.0")),
    MalformedCase(
        "weights absurd",
        _json(lambda d: (d.update(inputs=[65536]), d["layers"][0].update(units=65536))[0]),
        ("layer 1: units", "weights", "65536 inputs x 65536 units"),
    ),
    MalformedCase("no bias", _delete("layers", 1, "bias"), ("layer 2: bias", "this key")),
    MalformedCase(
        "unknown key in a layer", _set(1, "layers", 1, "stride"), ("layer 2", _LAYER_KEYS, "stride")
    ),
    MalformedCase(
        "shapes that do not chain",
        _weights(np.ones((HIDDEN + 1, OUTPUTS))),
        ("w2.npy", "layer 2: weights", "shape (4, 3) for (inputs, units)", "shape (5, 3)"),
    ),
    MalformedCase(
        "last_row without the row",
        _set("last_row", "layers", 1, "bias"),
        ("w2.npy", "shape (5, 3)", "shape (4, 3)"),
    ),
    MalformedCase(
        "weights transposed",
        _weights(np.ones((OUTPUTS, HIDDEN))),
        ("w2.npy", "shape (4, 3)", "shape (3, 4)"),
    ),
    # array files
    MalformedCase("no weights file", _remove("network", "w2.npy"), ("w2.npy", "no such file")),
    MalformedCase(
        "weights of another kind",
        _set("w2.mat", "layers", 1, "weights"),
        ("w2.mat", "FILE.csv, FILE.npy, FILE.npz:KEY or FILE.mat:KEY"),
    ),
    MalformedCase(
        "control characters in a path",
        _set("\x1b[31m\x00\ud800.npy", "layers", 1, "weights"),
        ("layer 2: weights", "inside the network's folder", r"'\x1b[31m"),
    ),
    MalformedCase(
        "path of enormous length",
        _set("w" * 5000 + ".npy", "layers", 1, "weights"),
        ("layer 2: weights", "1 to 255", "www..."),
    ),
    MalformedCase(
        "absurd weight",
        _weights(_with(1e300, (HIDDEN, OUTPUTS))),
        ("w2.npy", "at most 1e+30", "1e+300 at index (3, 2)"),
    ),
    MalformedCase(
        "no such key in an npz",
        _set("arrays.npz:b3", "layers", 1, "bias"),
        ("arrays.npz", "layer 2: bias", "'b3'", "'b2'"),
    ),
    MalformedCase(
        "NaN weight",
        _weights(_with(np.nan, (HIDDEN, OUTPUTS))),
        ("w2.npy", "layer 2: weights", "finite", "nan at index (3, 2)"),
    ),
    MalformedCase(
        "infinite weight", _weights(_with(-np.inf, (HIDDEN, OUTPUTS))), ("w2.npy", "finite", "-inf")
    ),
    MalformedCase("pickled weights", _weights(_object_array()), ("w2.npy", "numbers", "pickled")),
    MalformedCase(
        "complex weights",
        _weights(np.ones((HIDDEN, OUTPUTS), complex)),
        ("real numbers", "complex"),
    ),
    MalformedCase("damaged weights", _text("none", "network", "w2.npy"), ("w2.npy", "valid .npy")),
    MalformedCase("truncated weights", _truncated_weights, ("w2.npy", "96 bytes", "got 88")),
    MalformedCase(
        "path up out of the folder",
        _set("../network/w2.npy/../../golden.npz:x", "layers", 1, "weights"),
        ("layer 2: weights", "inside the network's folder"),
    ),
    MalformedCase(
        "absolute path",
        _set("/etc/hostname", "layers", 1, "weights"),
        ("layer 2: weights", "inside the network's folder", "/etc/hostname"),
    ),
    MalformedCase(
        "link out of the folder", _outside_by_link, ("layer 2: weights", "inside", "w2.npy")
    ),
    MalformedCase(
        "ragged CSV",
        _text("1,2,3,4\n1,2,3\n", "network", "w1.csv"),
        ("w1.csv", "line 2", "4 values", "got 3"),
    ),
    MalformedCase(
        "text in a CSV",
        _text("a,b,c,d\n1,2,3,4\n", "network", "w1.csv"),
        ("w1.csv", "line 1, value 1", "a number", "'a'"),
    ),
    MalformedCase("empty CSV", _text("", "network", "w1.csv"), ("w1.csv", "an empty file")),
    # golden data
    MalformedCase("no golden data", _remove("golden.npz"), ("golden.npz", "no such file")),
    MalformedCase("golden data of another kind", _golden_is_text, ("notes.txt", "golden data")),
    MalformedCase(
        "golden data no npz", _text("zip?", "golden.npz"), ("golden.npz", "an .npz file")
    ),
    MalformedCase("golden data truncated", _truncated_golden, ("golden.npz", "an .npz file")),
    MalformedCase("golden data without y", _golden(y=None), ("golden.npz", "an array y")),
    MalformedCase("golden data with more", _golden(z=np.ones(3)), ("only the arrays", "'z'")),
    MalformedCase(
        "golden data empty",
        _golden(x=np.ones((0, INPUTS)), y=np.ones((0, OUTPUTS)), labels=None),
        ("golden.npz", "x:", "shape (0, 5)"),
    ),
    MalformedCase(
        "golden data of the wrong width",
        _golden(x=np.ones((SAMPLES, INPUTS + 1))),
        ("golden.npz", "shape (any, 5)", "shape (60, 6)"),
    ),
    MalformedCase(
        "golden outputs of the wrong width",
        _golden(y=np.ones((SAMPLES, OUTPUTS - 1))),
        ("golden.npz", "y:", "shape (any, 3)", "shape (60, 2)"),
    ),
    MalformedCase(
        "golden data of unequal length",
        _golden(y=np.ones((SAMPLES - 1, OUTPUTS))),
        ("golden.npz", "60 samples", "got 59"),
    ),
    MalformedCase("NaN in the golden data", _golden(x=_with(np.nan, _X)), ("x:", "finite", "nan")),
    MalformedCase("infinite golden output", _golden(y=_with(np.inf, _Y)), ("y:", "finite", "inf")),
    MalformedCase(
        "pickled golden data", _golden(x=np.full(_X, None)), ("golden.npz", "numbers", "pickled")
    ),
    MalformedCase(
        "golden labels out of range",
        _golden(labels=_with(OUTPUTS, (SAMPLES,))),
        ("labels", "whole numbers from 0 to 2", "got 3"),
    ),
    MalformedCase(
        "golden labels broken", _golden(labels=np.full(SAMPLES, 0.5)), ("labels", "whole", "0.5")
    ),
    MalformedCase(
        "all golden data held out",
        _golden(held_out=np.ones(SAMPLES, bool)),
        ("held_out", "not held out", "got none"),
    ),
    MalformedCase(
        "golden labels that count from 1",
        _labels_from_one,
        ("labels", "whole numbers from 0 to 2", "count from 1"),
    ),
    MalformedCase(
        "golden labels of another shape",
        _golden(labels=np.zeros((SAMPLES, OUTPUTS - 1))),
        ("labels", "shape (60, 3)", "shape (60, 2)"),
    ),
    MalformedCase(
        "golden labels of no class",
        _golden(labels=np.zeros(_Y), task=np.array("classes")),
        ("labels", "one class a sample", "0 at sample 0"),
    ),
    MalformedCase(
        "golden outputs of something else",
        _golden(y=np.ones(_Y)),
        ("golden.npz: sample 0, output 2", "which the network gives", "got 1 (60 of 60"),
    ),
    MalformedCase(
        "golden task unknown", _golden(task=np.array("ranking")), ("task", "regression", "ranking")
    ),
    MalformedCase(
        "golden task no text", _golden(task=np.ones(2)), ("task", "one short text", "float64")
    ),
    MalformedCase(
        "golden task that does not fit",
        _golden(task=np.array("binary")),
        ("task", "one output for binary", "3 outputs"),
    ),
    MalformedCase(
        "golden thresholds of the wrong number",
        _golden(threshold=np.ones(2)),
        ("threshold", "shape (3)", "shape (2,)"),
    ),
    MalformedCase(
        "golden targets for classes",
        _golden(targets=np.ones(_Y), task=np.array("classes"), labels=None),
        ("targets", "labels for the task classes"),
    ),
    MalformedCase(
        "constant network", _constant, ("depend on the inputs", "small always gives 0, 0")
    ),
    MalformedCase("golden data of absurd size", _huge_header, ("golden.npz", "at most", "values")),
    MalformedCase(
        "golden CSV of the wrong width",
        _csv_pair("1,2,3\n", "1,2,3\n"),
        ("x.csv", "shape (any, 5)", "shape (1, 3)"),
    ),
    MalformedCase(
        "golden CSV with a header",
        _csv_pair("1,2,3,4,5\n", "left,right,none\n"),
        ("y.csv", "line 1", "a number", "'left'"),
    ),
]
