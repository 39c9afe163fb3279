"""Keras layers and operations that only move values."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import expect, only_input, size, sizes
from build_decoder.models.files.keras_file.settings import flatten_order
from build_decoder.models.files.keras_file.views.reading import (
    Reader,
    ViewReading,
    moving,
    operator,
)
from build_decoder.models.layer import Shape
from build_decoder.models.limits import MAX_TENSOR_VALUES

__all__ = ["HANDED_ON", "READERS"]


def _handed_on(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    return moving(lambda x: x, only_input(layer, shapes))


def _flatten(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    order = flatten_order(layer, shape)
    return moving(lambda x: x.reshape(len(x), -1)[:, order], shape)


def _reshape(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    return _reshaped(layer, only_input(layer, shapes), layer.setting("target_shape"))


def _reshape_operation(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    wanted = layer.setting("newshape")
    if not isinstance(wanted, list) or not wanted or wanted[0] not in (-1, None):
        raise layer.error("a shape that begins with -1, the samples", shown(wanted))
    return _reshaped(layer, only_input(layer, shapes), wanted[1:])


def _reshaped(layer: LayerConfig, shape: Shape, wanted: Any) -> ViewReading:
    good = isinstance(wanted, list) and 1 <= len(wanted) <= 4
    good = good and all(type(each) is int and (each == -1 or each > 0) for each in wanted)
    known = math.prod(each for each in wanted if each > 0) if good else 0
    count, free = math.prod(shape), wanted.count(-1) if good else 0
    if not good or free > 1 or (count % known if free else count != known):
        raise layer.error(f"a shape of {count} values, with one -1 at most", shown(wanted))
    target = tuple(each if each > 0 else count // known for each in wanted)
    return moving(lambda x: x.reshape(len(x), *target), shape)


def _permute(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    order = layer.setting("dims")
    if not isinstance(order, list) or order != _ints(order) or sorted(order) != [
        *range(1, 1 + len(shape))
    ]:
        raise layer.error(f"dims of the axes 1 to {len(shape)}", shown(order))
    return moving(lambda x: x.transpose(0, *order), shape)


def _transpose(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    order = layer.setting("axes")
    if not isinstance(order, list) or order != _ints(order) or sorted(order) != [
        *range(1 + len(shape))
    ] or order[0]:
        raise layer.error(f"axes [0, ...] of {1 + len(shape)}: samples stay first", shown(order))
    return moving(lambda x: x.transpose(order), shape)


def _ints(values: list[Any]) -> list[int]:
    return [value for value in values if type(value) is int]


def _repeat(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape, count = only_input(layer, shapes, 1), size(layer, "n")
    _bounded(layer, (count, *shape))
    return moving(lambda x: np.repeat(x[:, None], count, 1), shape)


def _upsample(layer: LayerConfig, shapes: list[Shape], *, axes: int) -> ViewReading:
    shape = only_input(layer, shapes, axes + 1)
    if axes == 1:
        times = (size(layer, "size"),)
    else:
        times = sizes(layer, "size", axes)
        expect(layer, "data_format", "channels_last")
        expect(layer, "interpolation", "nearest")
    _bounded(layer, (*shape, *times))

    def move(x: np.ndarray) -> np.ndarray:
        for axis, count in enumerate(times, 1):
            x = np.repeat(x, count, axis)
        return x

    return moving(move, shape)


def _bounded(layer: LayerConfig, shape: Shape) -> None:
    if math.prod(shape) > MAX_TENSOR_VALUES // 8:
        raise layer.error(f"at most {MAX_TENSOR_VALUES // 8} values", f"{math.prod(shape)}")


def _crop(layer: LayerConfig, shapes: list[Shape], *, axes: int) -> ViewReading:
    shape = only_input(layer, shapes, axes + 1)
    if axes == 2:
        expect(layer, "data_format", "channels_last")
    cropping = layer.setting("cropping")
    pairs = [cropping] if axes == 1 else cropping
    good = isinstance(pairs, list) and len(pairs) == axes and all(
        isinstance(pair, list) and len(pair) == 2 and _ints(pair) == pair and min(pair) >= 0
        for pair in pairs
    )
    if not good or any(
        sum(pair) >= length for pair, length in zip(pairs, shape[:-1], strict=True)
    ):
        raise layer.error(f"pairs of values that leave some of {shape[:-1]}", shown(cropping))
    cut = tuple(
        slice(low, length - high)
        for (low, high), length in zip(pairs, shape[:-1], strict=True)
    )
    return moving(lambda x: x[(slice(None), *cut)], shape)


def _item(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    """A slice such as ``x[:, -1]``; `operations` has put its keys into the setting."""
    shape = only_input(layer, shapes)
    keys = layer.setting("keys")
    found = [_key(layer, key) for key in (keys if isinstance(keys, list) else [keys])]
    if not found or found[0] != slice(None) or sum(key is not ... for key in found) > 1 + len(
        shape
    ):
        raise layer.error("a slice of all samples, x[:, ...]", shown(keys))
    try:
        reading = moving(lambda x: x[tuple(found)], shape)
    except IndexError:
        raise layer.error(f"places in samples of shape {shape}", shown(keys)) from None
    if not math.prod(reading.shape) or not reading.shape:
        raise layer.error("values of at least one axis", shown(keys))
    return reading


def _key(layer: LayerConfig, key: Any) -> Any:
    match key:
        case {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}:
            if all(each is None or type(each) is int for each in (start, stop, step)) and step != 0:
                return slice(start, stop, step)
        case {"class_name": "__ellipsis__"}:
            return ...
        case int() if not isinstance(key, bool):
            return key
    raise layer.error("a slice of constant numbers", shown(key))


def _flip(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    axis = _axis(layer, len(shape))
    return moving(lambda x: np.flip(x, axis), shape)


def _expand(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    axis = _axis(layer, len(shape) + 1)
    return moving(lambda x: np.expand_dims(x, axis), shape)


def _squeeze(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    shape = only_input(layer, shapes)
    axis = _axis(layer, len(shape))
    if shape[axis - 1] != 1 or len(shape) == 1:
        raise layer.error("an axis of size 1, and another one", f"axis {axis} of {shape}")
    return moving(lambda x: np.squeeze(x, axis), shape)


def _axis(layer: LayerConfig, axes: int) -> int:
    """The setting ``axis``, one of a sample of so many axes, that of the samples counted."""
    axis = layer.setting("axis")
    if isinstance(axis, list) and len(axis) == 1:
        (axis,) = axis
    if type(axis) is not int or not -axes <= axis <= axes or axis == 0:
        raise layer.error(f"an axis of samples of {axes} axes", f"axis={shown(axis)}")
    return axis if axis > 0 else axis + axes + 1


def _reversed(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    return moving(lambda x: x[:, ::-1], only_input(layer, shapes, 2))


def _concatenate(layer: LayerConfig, shapes: list[Shape]) -> ViewReading:
    axes = len(shapes[0])
    axis = _axis(layer, axes)
    rest = {(*shape[: axis - 1], 0, *shape[axis:]) for shape in shapes}
    if len(shapes) < 2 or len(rest) > 1:
        raise layer.error(f"inputs that differ in axis {axis} alone", f"shapes {shapes}")
    (shape,) = rest
    total = sum(each[axis - 1] for each in shapes)
    return ViewReading(
        (*shape[: axis - 1], total, *shape[axis:]),
        lambda graph, node, views, keras, loaded: operator(
            graph, node, "Concat", views, axis=axis
        ),
    )


def _of(axes: int, reader: Callable[..., ViewReading]) -> Reader:
    return lambda layer, shapes: reader(layer, shapes, axes=axes)


READERS: dict[str, Reader] = {
    "Concatenate": _concatenate,
    "Cropping1D": _of(1, _crop),
    "Cropping2D": _of(2, _crop),
    "Flatten": _flatten,
    "Permute": _permute,
    "RepeatVector": _repeat,
    "Reshape": _reshape,
    "UpSampling1D": _of(1, _upsample),
    "UpSampling2D": _of(2, _upsample),
    "build_decoder>TimeReversal": _reversed,
    "keras.ops.Concatenate": _concatenate,
    "keras.ops.ExpandDims": _expand,
    "keras.ops.Flip": _flip,
    "keras.ops.GetItem": _item,
    "keras.ops.Reshape": _reshape_operation,
    "keras.ops.Squeeze": _squeeze,
    "keras.ops.Transpose": _transpose,
}
HANDED_ON: Reader = _handed_on
