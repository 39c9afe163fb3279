"""Layers that only move values, sums of them, and Dropout, which hands them on in use."""

import math

import numpy as np

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import Reading, axes_of, only_input
from build_decoder.models.files.keras_file.settings import flatten_order
from build_decoder.models.layer import Shape
from build_decoder.models.layers.add import Add
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten

__all__ = ["READERS", "dropout_rate"]


def dropout_rate(layer: LayerConfig) -> float:
    """The rate of a Dropout layer, from 0 up to but not including 1."""
    rate = layer.setting("rate")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise layer.error("a rate from 0 up to 1", shown(rate))
    return float(rate)


def _concatenate(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    axes = len(shapes[0])
    if {len(shape) for shape in shapes} != {axes} or len({shape[:-1] for shape in shapes}) > 1:
        raise layer.error("inputs that differ in the last axis only", f"shapes {shapes}")
    if len(shapes) < 2:
        raise layer.error("at least two inputs", str(len(shapes)))
    axis = layer.setting("axis")
    if axes_of(layer, axis, axes) != [axes - 1]:
        raise layer.error("axis=-1, the last one", f"axis={shown(axis)}")
    return Reading(Concat(), (*shapes[0][:-1], sum(shape[-1] for shape in shapes)))


def _flatten(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    shape = only_input(layer, shapes)
    count = math.prod(shape)
    if not np.array_equal(flatten_order(layer, shape), np.arange(count)):
        raise layer.error("data_format='channels_last'", "data_format='channels_first'")
    return Reading(Flatten(), (count,))


def _dropout(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    return Reading(Dropout(dropout_rate(layer)), only_input(layer, shapes))


def _add(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    if len(shapes) < 2 or len(set(shapes)) > 1:
        raise layer.error("at least two inputs, of one shape", f"shapes {shapes}")
    return Reading(Add(), shapes[0])


READERS = {"Add": _add, "Concatenate": _concatenate, "Flatten": _flatten, "Dropout": _dropout}
