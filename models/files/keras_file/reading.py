"""The layer of ours that a Keras layer is read as, and checks of settings for the readers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.layer import Layer, Shape
from build_decoder.models.limits import MAX_WIDTH

__all__ = [
    "Arrays",
    "Form",
    "Reader",
    "Reading",
    "axes_of",
    "expect",
    "flag",
    "numbers",
    "only_input",
    "size",
    "sizes",
    "values_of",
]

Arrays = Mapping[str, np.ndarray]


class Form(StrEnum):
    """Axes that a sample has in a network where it is (steps, channels) in Keras."""

    SERIES = "(steps, channels)"
    IMAGE = "(steps, 1, channels)"


def _no_arrays(keras: ModuleType, layer: Any) -> Arrays:
    return {}


@dataclass(frozen=True)
class Reading:
    """A layer of ours that computes what a Keras layer does.

    Parameters
    ----------
    layer:
        That layer.
    shape:
        Of a sample that the Keras layer gives, in its own axes.
    form:
        Form of its input and output if they are samples of time steps. None if it takes either
        form; its output then has the form of its input.
    stored:
        Values that Keras allocates for it, so that the file must have them.
    arrays:
        ``arrays(keras, layer)`` gives the weights of ours, from a Keras layer that was loaded.
    softmax:
        Whether a softmax follows in the same Keras layer.
    reversed:
        Whether Keras gives the steps in the other order than ours does.
    """

    layer: Layer
    shape: Shape
    form: Form | None = None
    stored: int = 0
    arrays: Callable[[ModuleType, Any], Arrays] = _no_arrays
    softmax: bool = False
    reversed: bool = False


Reader = Callable[[LayerConfig, list[Shape]], Reading]
"""From a layer and the shapes of the samples that it takes, in Keras's axes; or `InputError`."""


def only_input(layer: LayerConfig, shapes: list[Shape], axes: int | None = None) -> Shape:
    """Shape of the only thing that `layer` takes; an error unless it has so many axes."""
    if len(shapes) != 1:
        raise layer.error("one input", str(len(shapes)))
    if axes is not None and len(shapes[0]) != axes:
        raise layer.error(f"samples of {axes} axes", f"samples of shape {shapes[0]}")
    return shapes[0]


def expect(layer: LayerConfig, key: str, *values: Any) -> Any:
    """The setting `key`, which must be one of `values`."""
    got = layer.setting(key)
    if not any(_same(got, value) for value in values):
        wanted = " or ".join(f"{key}={value!r}" for value in values)
        raise layer.error(wanted, f"{key}={shown(got)}")
    return got


def flag(layer: LayerConfig, key: str) -> bool:
    """The setting `key`, which must be true or false."""
    return expect(layer, key, True, False)


def size(layer: LayerConfig, key: str) -> int:
    """The setting `key`, which must be a whole number from 1 up."""
    (value,) = _checked(layer, key, [layer.setting(key)], 1)
    return value


def sizes(layer: LayerConfig, key: str, count: int) -> tuple[int, ...]:
    """The setting `key`, which must be a list of `count` whole numbers from 1 up."""
    return _checked(layer, key, layer.setting(key), count)


def axes_of(layer: LayerConfig, axes: Any, count: int) -> list[int]:
    """`axes`, a number or numbers as Keras counts them, as those of a sample of `count` axes."""
    listed = axes if isinstance(axes, list) else [axes]
    if not all(type(axis) is int and -count <= axis <= count and axis for axis in listed):
        raise layer.error(f"axes of samples of {count} axes", f"axis={shown(axes)}")
    return [axis - 1 if axis > 0 else axis + count for axis in listed]


def _same(got: Any, value: Any) -> bool:
    # True equals 1 to Python, but is no size.
    if type(got) is not type(value) or got != value:
        return False
    return not isinstance(got, list) or all(map(_same, got, value))


def _checked(layer: LayerConfig, key: str, values: Any, count: int) -> tuple[int, ...]:
    good = isinstance(values, list) and len(values) == count
    if not good or not all(type(value) is int and 1 <= value <= MAX_WIDTH for value in values):
        wanted = f"{count} whole numbers" if count > 1 else "a whole number"
        raise layer.error(f"{key} of {wanted} from 1 to {MAX_WIDTH}", shown(layer.setting(key)))
    return tuple(values)


def values_of(*shapes: Shape) -> int:
    """Values of arrays of these shapes together."""
    return sum(map(math.prod, shapes))


def numbers(keras: ModuleType, array: Any) -> np.ndarray:
    """A variable or tensor of Keras as float64."""
    return np.asarray(keras.ops.convert_to_numpy(array), dtype=np.float64)
