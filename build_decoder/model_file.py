"""``model.json`` and ``model.npz``: the integer model in full, read back as it was."""

from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models.array_shape import ArrayShape
from build_decoder.models.errors import InputError
from build_decoder.models.fields import Fields
from build_decoder.models.json_file import read_json
from build_decoder.models.limits import MAX_WEIGHTS
from build_decoder.models.numpy_file import npz_keys, npz_shape, read_npz
from build_decoder.parameter_file import from_json, to_json
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.readable_json import write_json

__all__ = ["MODEL_ARRAYS", "MODEL_FILE", "load_model", "save_model"]

MODEL_FILE = "model.json"
"""Layers, formats and activations."""

MODEL_ARRAYS = "model.npz"
"""Raw weights and biases, and long tables."""

_FORMAT = 1


def save_model(model: IntegerModel, folder: Path) -> None:
    """Write both files into ``folder``."""
    arrays: dict[str, np.ndarray] = {}
    content = {
        "format": _FORMAT,
        "fingerprint": model.fingerprint(),
        "model": to_json(model, "", arrays),
    }
    write_json(folder / MODEL_FILE, content)
    np.savez_compressed(folder / MODEL_ARRAYS, **arrays)


def load_model(folder: Path) -> IntegerModel:
    """The model that :func:`save_model` wrote: with its fingerprint, and equal in all it computes.

    Raises
    ------
    InputError
        If a file is missing or is not as it was written.
    """
    path = folder / MODEL_FILE
    entries = Fields(read_json(path), path)
    entries.only("format", "fingerprint", "model")
    entries.integer("format", _FORMAT, _FORMAT)
    fingerprint = entries.integer("fingerprint", 0, (1 << 32) - 1)
    model = from_json(entries.values["model"], _arrays(folder / MODEL_ARRAYS), path, "model")
    found = _fingerprint_of(model)
    if found is None:
        raise entries.error("model", "an integer model", "other parameters")
    if found != fingerprint:
        raise entries.error(
            "fingerprint",
            f"{found}, which is that of the model in it and in {MODEL_ARRAYS}",
            f"{fingerprint}: the files belong to different models, or were changed",
        )
    return model


def _fingerprint_of(model: Any) -> int | None:
    """None of what is no integer model, or one that cannot compute."""
    if not isinstance(model, IntegerModel):
        return None
    try:
        named = (model, *model.inputs, *model.nodes)
        model.compute(np.zeros((1, model.input_count), dtype=np.int64))
        return model.fingerprint() if all(type(item.name) is str for item in named) else None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None


def _arrays(path: Path) -> dict[str, np.ndarray]:
    arrays = {}
    for key in npz_keys(path):
        axes = len(npz_shape(path, key))
        shape = ArrayShape((None,) * axes, ("any",) * axes, MAX_WEIGHTS)
        arrays[key] = read_npz(path, key, shape, where=key)
        if arrays[key].dtype != np.int64:
            raise InputError.at(path, key, expected="int64", got=str(arrays[key].dtype))
    return arrays
