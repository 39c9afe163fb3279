"""Reads an MLP from a ``.keras`` file.

Taken: a chain of Input, Flatten, Dense, and Activation or ReLU after a linear Dense. Layers that
act in training only, such as Dropout, are skipped. Activation functions are told apart by their
values, not by their names, so that a ReLU capped at 6 is not taken for a ReLU. A softmax at the
end is read as linear: the largest output, and so the decision, is the same.
"""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from models import activations
from models.errors import InputError, shown
from models.files import require_file
from models.limits import MAX_WEIGHTS, MAX_WIDTH
from models.metadata import is_valid_name
from models.network import DenseLayer, Network
from models.tensorflow_import import import_tensorflow

__all__ = ["read_keras"]

_TRAINING_ONLY = ("Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout")
_ACTIVATION_LAYERS = ("Activation", "ReLU", "Softmax")
_GRID = np.linspace(-10.0, 10.0, 401).reshape(1, -1)
_GRID_TOLERANCE = 1e-5  # Keras computes in float32


def read_keras(path: Path) -> Network:
    """The network in a ``.keras`` file; its name is that of the file.

    Raises
    ------
    InputError
        TensorFlow is not installed, the file is damaged or needs code of its own to load, or the
        model has a layer that is none of the above: the message names it.
    """
    require_file(path)
    if not is_valid_name(path.stem):
        raise InputError.at(
            path,
            "file name",
            expected="1 to 64 letters, digits, '_', '-' and '.'",
            got=shown(path.stem),
        )
    keras = import_tensorflow(str(path)).keras
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever it meets
        raise InputError.at(
            path,
            "",
            expected="a Keras model of standard layers",
            got=f"{type(error).__name__}: {str(error)[:160]}",
        ) from None
    chain = _chain(keras, path, model)
    _check_kinds(path, chain)
    input_count, chain = _input_count(path, model, chain)
    return Network(path.stem, input_count, _layers(keras, path, input_count, chain))


def _chain(keras: ModuleType, path: Path, model: Any) -> list[Any]:
    """The model's layers in order, without those that act in training only."""
    if isinstance(model, keras.Sequential):
        layers = list(model.layers)
    elif isinstance(model, keras.Model) and len(model.inputs) == len(model.outputs) == 1:
        layers = _follow(keras, path, model)
    else:
        raise InputError.at(
            path,
            "",
            expected="a Sequential or functional model of one input and one output",
            got=shown(type(model).__name__),
        )
    return [layer for layer in layers if type(layer).__name__ not in _TRAINING_ONLY]


def _follow(keras: ModuleType, path: Path, model: Any) -> list[Any]:
    """The layers of a functional model from its input to its output."""
    by_input: dict[int, Any] = {}
    inner = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    for layer in inner:
        # A layer that merges several tensors has a list of inputs.
        if isinstance(layer.input, list | tuple | dict) or id(layer.input) in by_input:
            raise _layer_error(path, layer, "a chain of layers", "a branch")
        by_input[id(layer.input)] = layer
    tensor, chain = model.inputs[0], []
    while (layer := by_input.pop(id(tensor), None)) is not None:
        chain.append(layer)
        tensor = layer.output
    if by_input or tensor is not model.outputs[0]:
        stray = next(iter(by_input.values()), inner[-1])
        raise _layer_error(path, stray, "a chain of layers", "a branch or a layer used twice")
    return chain


def _check_kinds(path: Path, chain: list[Any]) -> None:
    for index, layer in enumerate(chain):
        kind = type(layer).__name__
        if kind not in ("Dense", *_ACTIVATION_LAYERS) and not (kind == "Flatten" and index == 0):
            raise _layer_error(
                path, layer, "Flatten at the start, Dense, Dropout or Activation", kind
            )


def _input_count(path: Path, model: Any, chain: list[Any]) -> tuple[int, list[Any]]:
    """Values a sample, and the chain without a leading Flatten."""
    shape = tuple(model.inputs[0].shape[1:]) if model.inputs else ()
    flatten = bool(chain) and type(chain[0]).__name__ == "Flatten"
    flat = chain[1:] if flatten else chain
    if not shape or None in shape or (len(shape) > 1 and not flatten):
        raise InputError.at(
            path, "input", expected="a fixed size, or a Flatten after it", got=f"shape {shape}"
        )
    count = int(np.prod(shape, dtype=object))
    if not 1 <= count <= MAX_WIDTH:
        raise InputError.at(path, "input", expected=f"1 to {MAX_WIDTH} values", got=str(count))
    return count, flat


def _layers(
    keras: ModuleType, path: Path, input_count: int, chain: list[Any]
) -> tuple[DenseLayer, ...]:
    built: list[DenseLayer] = []
    count = input_count
    for index, layer in enumerate(chain):
        last = index == len(chain) - 1
        if type(layer).__name__ == "Dense":
            activation = _activation(keras, path, layer, layer.activation, last)
            built.append(_dense(path, layer, count, activation))
            count = built[-1].units
        else:
            before = built[-1] if built else None
            if before is None or before.activation != "linear":
                got = "none" if before is None else before.activation
                raise _layer_error(path, layer, "a linear Dense before it", got)
            activation = _activation(keras, path, layer, layer, last)
            built[-1] = DenseLayer(before.units, activation, before.weights, before.bias)
    if not built:
        raise InputError.at(path, "", expected="at least one Dense layer", got="none")
    return tuple(built)


def _dense(path: Path, layer: Any, input_count: int, activation: str) -> DenseLayer:
    arrays = [np.asarray(array, dtype=np.float64) for array in layer.get_weights()]
    weights = arrays[0]
    bias = arrays[1] if layer.use_bias else np.zeros(weights.shape[1])
    if weights.size > MAX_WEIGHTS or weights.shape[0] != input_count:
        raise _layer_error(
            path,
            layer,
            f"{input_count} inputs and at most {MAX_WEIGHTS} weights",
            f"shape {weights.shape}",
        )
    for array in (weights, bias):
        if not np.isfinite(array).all():
            raise _layer_error(path, layer, "finite weights and biases", "NaN or infinity")
    return DenseLayer(weights.shape[1], activation, weights, bias)


def _activation(keras: ModuleType, path: Path, layer: Any, function: Any, last: bool) -> str:
    """Name of the activation function that has the same values as `function`."""
    values = keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(_GRID, "float32")))
    if last and np.allclose(values, _softmax(_GRID), rtol=0, atol=_GRID_TOLERANCE):
        return "linear"
    for name in activations.names():
        expected = activations.get(name).function(_GRID)
        if np.allclose(values, expected, rtol=0, atol=_GRID_TOLERANCE):
            return name
    called = getattr(function, "__name__", type(function).__name__)
    choices = ", ".join(activations.names())
    raise _layer_error(path, layer, f"an activation of {choices}, or softmax at the end", called)


def _softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _layer_error(path: Path, layer: Any, expected: str, got: str) -> InputError:
    return InputError.at(path, f"layer {layer.name!r}", expected=expected, got=got)
