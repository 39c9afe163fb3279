"""``model.json`` and ``model.npz``: the integer model in full, read back as it was."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.files.array_shape import ArrayShape
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.json_file import read_json
from build_decoder.models.files.numpy_file import npz_keys, npz_shape, read_npz
from build_decoder.models.limits import MAX_WEIGHTS
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
    parameters = to_json(model, "", arrays)
    content = {
        "format": _FORMAT,
        "fingerprint": model.fingerprint(),
        "sha256": _digest(parameters, arrays),
        "model": parameters,
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
    entries.only("format", "fingerprint", "sha256", "model")
    entries.integer("format", _FORMAT, _FORMAT)
    fingerprint = entries.integer("fingerprint", 0, (1 << 32) - 1)
    parameters, arrays = entries.values["model"], _arrays(folder / MODEL_ARRAYS)
    if _digest(parameters, arrays) != entries.text("sha256"):
        raise entries.error(
            "sha256",
            f"that of the model in it and in {MODEL_ARRAYS}",
            "another: the files are of different models, or were changed",
        )
    model = from_json(parameters, arrays, path, "model")
    if not isinstance(model, IntegerModel):
        raise entries.error("model", "an integer model", type(model).__name__)
    if model.fingerprint() != fingerprint:
        raise entries.error("fingerprint", str(model.fingerprint()), str(fingerprint))
    return model


def _digest(parameters: Any, arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape}".encode())
        digest.update(arrays[name].astype("<i8").tobytes())
    return digest.hexdigest()


def _arrays(path: Path) -> dict[str, np.ndarray]:
    arrays = {}
    for key in npz_keys(path):
        axes = len(npz_shape(path, key))
        shape = ArrayShape((None,) * axes, ("any",) * axes, MAX_WEIGHTS)
        arrays[key] = read_npz(path, key, shape, where=key)
        if arrays[key].dtype != np.int64:
            raise InputError.at(path, key, expected="int64", got=str(arrays[key].dtype))
    return arrays
