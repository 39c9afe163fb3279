"""Reads an MLP from a ``.keras`` file.

Taken: a chain of Input, Flatten, Dense, and activation layers after a linear Dense. Layers that act
in training only, such as Dropout, are skipped. What a layer computes is read from its settings, by
name, and then compared with Keras: `models.keras_file`. A softmax at the end is read as linear: the
largest output, and so the decision, is the same.
"""

import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import InputError, shown
from build_decoder.models.files import require_file
from build_decoder.models.keras_file.archive import KerasArchive, pack, unpack
from build_decoder.models.keras_file.chain import Step, make_steps
from build_decoder.models.keras_file.config import for_use, read_layers
from build_decoder.models.keras_file.proof import prove
from build_decoder.models.keras_file.weights import count_weights
from build_decoder.models.layers.dense import Dense
from build_decoder.models.limits import MAX_MAGNITUDE
from build_decoder.models.metadata import is_valid_name
from build_decoder.models.network import Network
from build_decoder.models.task import Kind, Task
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["read_keras"]


def read_keras(path: Path) -> Network:
    """The network in a ``.keras`` file; its name is that of the file.

    Raises
    ------
    InputError
        TensorFlow is not installed, the file is damaged, too large or needs code of its own to
        load, or the model has a layer or a setting that is none of the above: the message names it.
    """
    require_file(path)
    if not is_valid_name(path.stem):
        raise InputError.at(
            path,
            "file name",
            expected="1 to 64 letters, digits, '_', '-' and '.'",
            got=shown(path.stem),
        )
    archive = unpack(path)
    steps = make_steps(read_layers(path, archive.config))
    wanted = sum(step.order.size * step.units for step in steps)
    stored = count_weights(path, archive.weights)
    if stored < wanted:  # Keras would allocate them first
        raise InputError.at(
            path, "model.weights.h5", expected=f"{wanted} weights or more", got=str(stored)
        )
    keras = import_tensorflow(str(path)).keras
    model = _load(keras, path, archive)
    layers = [_dense(keras, path, model.get_layer(step.dense), step) for step in steps]
    task = Task((Kind.CLASSES,), source="the model ends in softmax") if steps[-1].softmax else None
    network = Network.chain(path.stem, steps[0].order.size, layers, task)
    prove(path, keras, model, steps, network)
    return network


def _load(keras: ModuleType, path: Path, archive: KerasArchive) -> Any:
    """The Keras model, from a copy of what was checked and of nothing else in the file."""
    try:
        with tempfile.TemporaryDirectory(prefix="build_decoder_") as folder:
            copy = Path(folder) / "model.keras"
            pack(for_use(archive.config), archive.weights, copy)
            return _open(keras, path, copy)
    except OSError as error:
        raise InputError.at(
            path, "", expected="room for a copy among temporary files", got=str(error.strerror)
        ) from None


def _open(keras: ModuleType, path: Path, copy: Path) -> Any:
    try:
        return keras.models.load_model(copy, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever it meets
        raise InputError.at(
            path,
            "",
            expected="a Keras model of standard layers",
            got=f"{type(error).__name__}: {str(error)[:300]}",
        ) from None


def _dense(
    keras: ModuleType, path: Path, layer: Any, step: Step
) -> tuple[Dense, dict[str, np.ndarray]]:
    weights = np.asarray(keras.ops.convert_to_numpy(layer.kernel), dtype=np.float64)
    bias = np.zeros(step.units)
    if layer.use_bias:
        bias = np.asarray(keras.ops.convert_to_numpy(layer.bias), dtype=np.float64)
    for array in (weights, bias):
        if not (np.abs(array) <= MAX_MAGNITUDE).all():  # false for NaN
            raise InputError.at(
                path,
                f"layer {layer.name!r}",
                expected=f"finite weights and biases of at most {MAX_MAGNITUDE:.0e}",
                got="larger ones, NaN or infinity",
            )
    ordered = np.empty_like(weights)
    ordered[step.order] = weights  # of the inputs in their own order
    return Dense(step.units, step.activation), {"weights": ordered, "bias": bias}
