"""Attention over the time steps, as `models.keras_layers` has it."""

from types import ModuleType
from typing import Any

from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import (
    Arrays,
    Form,
    Reading,
    numbers,
    only_input,
    values_of,
)
from build_decoder.models.layer import Shape
from build_decoder.models.layers.attention import Attention

__all__ = ["READERS"]


def _attention(layer: LayerConfig, shapes: list[Shape]) -> Reading:
    steps, channels = only_input(layer, shapes, 2)
    stored = values_of((channels, 1), (steps, 1))
    return Reading(Attention(), (channels,), Form.SERIES, stored, _arrays)


def _arrays(keras: ModuleType, layer: Any) -> Arrays:
    return {"weights": numbers(keras, layer.kernel), "bias": numbers(keras, layer.bias)}


READERS = {"build_decoder>TemporalAttention": _attention}
