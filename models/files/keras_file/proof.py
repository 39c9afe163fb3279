"""Compares a decoder's layers with the Keras model that they were read from.

This proves that all settings were understood. Each layer gets seeded
inputs that drive its sums to sizes from 0.3 to 300, so that caps, slopes and thresholds show, and
must agree with Keras as closely as float32 allows. Then Keras's layers, one after the other, must
give what the model gives.
"""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models import activations
from build_decoder.models.dense_view import DenseView
from build_decoder.models.errors import InputError
from build_decoder.models.files.keras_file.chain import Step
from build_decoder.models.files.keras_file.loadable import find_layer
from build_decoder.models.network import Network

__all__ = ["prove"]

_SEED = 20260101
_SUMS = (0.3, 3.0, 30.0, 300.0)  # standard deviations of a layer's sums before its activation
_ROWS = 16  # of each
_ROUNDING = 2.0**-24  # of a float32, in parts of it
_FUNCTION_ERROR = 1e-5  # of Keras's activation functions, in parts of 1 + |value|
_LEAST_NORM = 1e-6  # of a unit's weights, where they are all but zero
_GREATEST_INPUT = 1e4
_COARSE = 0.1  # rounding errors of a sum that leave its activation open


def prove(
    path: Path, keras: ModuleType, model: Any, steps: tuple[Step, ...], network: Network
) -> None:
    """Raise `InputError` unless `network` computes the same as `model`, read from `path`.

    Parameters
    ----------
    steps:
        The Keras layers of each layer of `network`.
    """
    rng = np.random.default_rng(_SEED)
    # A GPU may multiply in 19 bits.
    with keras.device("cpu:0"), np.errstate(all="ignore"):
        for step, layer in zip(steps, network.layers, strict=True):
            x = _inputs(layer, rng)
            wanted = _run(keras, _layers(model, step.layers), x.reshape(-1, *step.shape))
            _compare(path, step, layer, x, wanted)
        names = [name for step in steps for name in step.layers]
        x = np.concatenate([rng.normal(0, size, (_ROWS, network.input_count)) for size in _SUMS])
        x = x.astype(np.float32).reshape(-1, *steps[0].shape)
        one_by_one, whole = _run(keras, _layers(model, names), x), _run(keras, [model], x)
        if not np.allclose(one_by_one, whole, rtol=1e-5, atol=1e-5, equal_nan=True):
            raise InputError.at(
                path, "", expected="a model that runs its layers one after the other", got="another"
            )


def _inputs(layer: DenseView, rng: np.random.Generator) -> np.ndarray:
    """Inputs of `layer` (rows, inputs), exact in float32, that give sums of all sizes in `_SUMS`.

    In each row the sum of one unit is moved to about 0, where most activation functions bend.
    """
    norms = np.linalg.norm(layer.weights, axis=0)
    size = np.repeat(_SUMS, _ROWS)
    x = rng.normal(0, 1, (size.size, layer.input_count))
    x *= (size / max(np.sqrt(np.mean(norms**2)), _LEAST_NORM))[:, None]
    unit = np.arange(size.size) % layer.units
    weights, bias, norm = layer.weights.T[unit], layer.bias[unit], norms[unit]
    move = rng.normal(0, size) - np.sum(x * weights, axis=1) - bias
    move[np.abs(bias) > _GREATEST_INPUT * norm] = 0  # no sample goes there
    x += (move / np.maximum(norm, _LEAST_NORM) ** 2)[:, None] * weights
    return x.astype(np.float32)


def _layers(model: Any, names: Iterable[str]) -> list[Any]:
    return [find_layer(model, name) for name in names]


def _run(keras: ModuleType, layers: list[Any], x: np.ndarray) -> np.ndarray:
    values = keras.ops.convert_to_tensor(x)
    for layer in layers:
        values = layer(values)
    return np.asarray(keras.ops.convert_to_numpy(values), dtype=np.float64)


def _compare(path: Path, step: Step, layer: DenseView, x: np.ndarray, wanted: np.ndarray) -> None:
    x = x.astype(np.float64)
    function = activations.get(layer.activation).function
    sums = x @ layer.weights + layer.bias
    # Rounding errors of a sum of n products add up like steps to either side: they reach some
    # sqrt(n) times that of the sum. 8 leaves room for the largest of thousands of sums.
    spread = np.sqrt(np.square(x) @ np.square(layer.weights)) + np.abs(layer.bias) + np.abs(sums)
    error = 8 * _ROUNDING * (1 + np.sqrt(layer.input_count)) * spread
    values = [function(sums), function(sums - error), function(sums + error)]
    if step.softmax:
        shares, change = _softmax(sums), 2 * error.max(axis=1, keepdims=True)
        values = [shares, shares - change, shares + change]
    room = _FUNCTION_ERROR * (1 + np.abs(values[0]))
    low, high = np.min(values, axis=0) - room, np.max(values, axis=0) + room
    limit = float(np.finfo(np.float32).max)
    # What a float32 cannot hold is infinite to Keras.
    agree = (np.minimum(low, limit) <= wanted) & (wanted <= np.where(high > limit, np.inf, high))
    # A function may turn between the ends of what rounding makes of a sum that nearly cancels.
    agree |= (error > _COARSE) & (np.abs(sums) < error + 10)
    if wanted.shape != agree.shape or not agree.all():
        row, unit = np.argwhere(~agree)[0]
        raise InputError.at(
            path,
            f"layer {step.dense!r}",
            expected=f"{wanted[row, unit]:.7g}, as Keras computes, where its sum is "
            f"{sums[row, unit]:.7g}",
            got=f"{values[0][row, unit]:.7g} from the {layer.activation} that was read",
        )


def _softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
