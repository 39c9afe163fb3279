"""Makes a decoder's layers of a Keras model's layers."""

import math
from dataclasses import dataclass, field

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.keras_file.config import LayerConfig
from build_decoder.models.keras_file.settings import (
    SOFTMAX,
    check_dtype,
    dense_units,
    flatten_order,
    input_shape,
    layer_activation,
    named_activation,
)

__all__ = ["Step", "make_steps"]

# They act in training only.
_PASSED = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
)
_ACTIVATIONS = ("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax")


@dataclass
class Step:
    """One layer of the decoder and the Keras layers that it stands for.

    Parameters
    ----------
    shape:
        Sizes of a sample that the first of the Keras layers takes.
    order:
        For each input of the Dense layer, its place in the flattened sample.
    dense:
        Name of the Dense layer.
    units:
        Its outputs.
    activation:
        Name among `models.activations`; ``linear`` for a softmax at the end.
    softmax:
        Whether the Keras layers end in softmax.
    layers:
        Names of all the Keras layers, in order.
    """

    shape: tuple[int, ...]
    order: np.ndarray
    dense: str
    units: int
    activation: str = "linear"
    softmax: bool = False
    layers: list[str] = field(default_factory=list)


def make_steps(layers: tuple[LayerConfig, ...]) -> tuple[Step, ...]:
    """The decoder's layers, from those of a Keras model that begins with its InputLayer.

    Raises
    ------
    InputError
        A layer computes what the decoder does not. The message names it.
    """
    for layer in layers:
        if layer.kind not in ("InputLayer", "Flatten", "Dense", *_ACTIVATIONS, *_PASSED):
            raise layer.error(f"Flatten, Dense, {', '.join(_ACTIVATIONS)} or Dropout", layer.kind)
        check_dtype(layer)
    shape = input_shape(layers[0])
    steps: list[Step] = []
    started, order = shape, np.arange(math.prod(shape))  # of the step that is not there yet
    names: list[str] = []
    for number, layer in enumerate(layers[1:], 2):
        last = all(other.kind in _PASSED for other in layers[number:])
        names.append(layer.name)
        if layer.kind == "Flatten":
            order = order[flatten_order(layer, shape)]
            shape = (order.size,)
        elif layer.kind == "Dense":
            if len(shape) > 1:
                raise layer.error("a Flatten before it", f"samples of shape {shape}")
            step = Step(started, order, layer.name, dense_units(layer, shape[0]))
            steps.append(step)
            shape = started = (step.units,)
            order = np.arange(step.units)
            _activate(step, layer, named_activation(layer, step.units), last)
        elif layer.kind in _ACTIVATIONS:
            name = layer_activation(layer, shape[-1])
            if name != "linear":
                before = steps[-1].activation if steps else "none"
                if before != "linear":
                    raise layer.error("a linear Dense before it", before)
                _activate(steps[-1], layer, name, last)
        if steps:
            steps[-1].layers += names
            names = []
    if not steps:
        raise InputError.at(layers[0].path, "", expected="at least one Dense layer", got="none")
    return tuple(steps)


def _activate(step: Step, layer: LayerConfig, name: str, last: bool) -> None:
    if name == SOFTMAX:
        if not last:
            raise layer.error("softmax at the end alone", "softmax before other layers")
        step.softmax = True
    else:
        step.activation = name
