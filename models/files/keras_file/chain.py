"""Makes a decoder's layers of a Keras model's layers."""

import math
from dataclasses import dataclass, field

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.files.keras_file.kinds import ACTIVATIONS, PASSED
from build_decoder.models.files.keras_file.layer_config import INPUT, LayerConfig
from build_decoder.models.files.keras_file.settings import (
    SOFTMAX,
    check_inner,
    dense_units,
    flatten_order,
    input_shape,
    layer_activation,
    named_activation,
)

__all__ = ["Step", "is_chain", "make_steps"]


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


def is_chain(layers: tuple[LayerConfig, ...]) -> bool:
    """Whether layers, the inputs first, are a chain of the kinds that `make_steps` takes."""
    kinds = (INPUT, "Flatten", "Dense", *ACTIVATIONS, *PASSED)
    follow = zip(layers, layers[1:], strict=False)
    return all(layer.kind in kinds for layer in layers) and all(
        layer.sources == (before.name,) for before, layer in follow
    )


def make_steps(layers: tuple[LayerConfig, ...]) -> tuple[Step, ...]:
    """The decoder's layers, from the layers of a model that `is_chain`.

    Raises
    ------
    InputError
        A layer computes what the decoder does not. The message names it.
    """
    shape = input_shape(layers[0])
    steps: list[Step] = []
    started, order = shape, np.arange(math.prod(shape))  # of the step that is not there yet
    names: list[str] = []
    for number, layer in enumerate(layers[1:], 2):
        last = all(other.kind in PASSED for other in layers[number:])
        if layer.kind == INPUT:  # of a model inside
            check_inner(layer, shape)
            continue
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
        elif layer.kind in ACTIVATIONS:
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
