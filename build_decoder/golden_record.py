"""``golden.npz`` and ``golden.json``: golden data as the import stage understood it.

``golden.npz`` has ``x``, ``y``, ``held_out`` and, where they are known, ``labels`` or ``targets``,
``class_names``, of a continuous network ``steps``, and can be given to ``--golden``;
``golden.json`` has the task, where that is known from, and all that the user was told.
"""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.json_file import read_json
from build_decoder.models.files.named_labels import NAMES_KEY, read_class_names
from build_decoder.models.files.numpy_file import npz_keys, npz_shape, read_npz
from build_decoder.models.golden import GOLDEN_FILE, GoldenData
from build_decoder.models.limits import MAX_GOLDEN_VALUES
from build_decoder.models.network import Network
from build_decoder.models.task import Kind, Task
from build_decoder.readable_json import write_json

__all__ = ["RECORD_FILE", "load_golden_record", "save_golden_record"]

RECORD_FILE = "golden.json"
"""Beside ``golden.npz``."""

_FORMAT = 1
_ARRAYS = ("x", "y", "held_out")
_TRUTHS = ("labels", "targets")
_STEPS = "steps"


def save_golden_record(golden: GoldenData, folder: Path) -> None:
    """Write both files into ``folder``."""
    arrays = {"x": _short(golden.x), "y": _short(golden.y), "held_out": golden.held_out}
    if golden.labels is not None:
        # One decision a sample stands as golden data has it.
        single = golden.labels.shape[1] == 1
        arrays["labels"] = golden.labels[:, 0] if single else golden.labels
    if golden.targets is not None:
        arrays["targets"] = _short(golden.targets)
    if golden.steps is not None:
        arrays["steps"] = np.array(golden.steps)
    if golden.class_names:
        arrays[NAMES_KEY] = np.array(golden.class_names)
    np.savez_compressed(folder / GOLDEN_FILE, **arrays)
    content = {
        "format": _FORMAT,
        "task": asdict(golden.task),
        "notes": golden.notes,
        "warnings": golden.warnings,
    }
    write_json(folder / RECORD_FILE, content)


def load_golden_record(folder: Path, network: Network) -> GoldenData:
    """The golden data of ``network`` that :func:`save_golden_record` wrote, equal in everything.

    Raises
    ------
    InputError
        If a file is missing, or is not one of the kind.
    """
    path = folder / RECORD_FILE
    entries = Fields(read_json(path), path)
    entries.only("format", "task", "notes", "warnings")
    entries.integer("format", _FORMAT, _FORMAT)
    return GoldenData(
        **_arrays(folder / GOLDEN_FILE, network),
        task=_task(Fields(entries.values["task"], path, "task")),
        notes=_texts(entries, "notes"),
        warnings=_texts(entries, "warnings"),
    )


def _short(values: np.ndarray) -> np.ndarray:
    """The same values, of a type that takes less room and time if there is one."""
    for kind in (np.int8, np.int16, np.float32):
        with np.errstate(over="ignore", invalid="ignore"):
            short = values.astype(kind)
        same = np.array_equal(short, values)
        if same and np.array_equal(np.signbit(short), np.signbit(values)):
            return short
    return values


def _arrays(path: Path, network: Network) -> dict[str, object]:
    keys = npz_keys(path)

    def read(key: str, *axes: tuple[str, int | None]) -> np.ndarray:
        names, sizes = zip(*axes, strict=True)
        return read_npz(path, key, ArrayShape(sizes, names, MAX_GOLDEN_VALUES), where=key)

    x = read("x", ("samples", None), ("inputs", network.input_count))
    samples, outputs = ("samples", len(x)), ("outputs", network.output_count)
    arrays = {
        "x": x.astype(np.float64),
        "y": read("y", samples, outputs).astype(np.float64),
        "held_out": read("held_out", samples).astype(bool),
        "labels": None,
        "targets": None,
    }
    if "targets" in keys:
        arrays["targets"] = read("targets", samples, outputs).astype(np.float64)
    if "labels" in keys:
        single = len(npz_shape(path, "labels")) == 1
        labels = read("labels", *([samples] if single else [samples, ("decisions", None)]))
        arrays["labels"] = labels.astype(np.int64).reshape(len(x), -1)
    if network.continuous:
        arrays["steps"] = int(read_npz(path, _STEPS, ArrayShape((), (), 1), where=_STEPS))
    if NAMES_KEY in keys:
        arrays[NAMES_KEY] = read_class_names(path, network.output_count)
    known = (*_ARRAYS, *_TRUTHS, NAMES_KEY, *((_STEPS,) if network.continuous else ()))
    if unknown := {*keys} - {*known}:
        raise InputError.at(
            path, "", expected=f"only {', '.join(known)}", got=shown(min(unknown))
        )
    return arrays


def _task(entries: Fields) -> Task:
    entries.only("kinds", "thresholds", "source", "guessed")
    kinds, thresholds = entries.items("kinds"), entries.items("thresholds")
    if not kinds or not {*map(str, kinds)} <= {*Kind}:
        raise entries.error("kinds", f"some of {', '.join(Kind)}", shown(kinds))
    if not all(type(value) in (int, float) for value in thresholds):
        raise entries.error("thresholds", "numbers", shown(thresholds))
    return Task(
        kinds=tuple(map(Kind, kinds)),
        thresholds=tuple(map(float, thresholds)),
        source=str(entries.values["source"]),
        guessed=entries.flag("guessed"),
    )


def _texts(entries: Fields, key: str) -> tuple[str, ...]:
    texts = entries.items(key)
    if not all(isinstance(text, str) for text in texts):
        raise entries.error(key, "lines of text", shown(texts))
    return tuple(texts)
