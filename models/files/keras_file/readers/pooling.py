"""Pools whose windows lie side by side, and means of each channel."""

from functools import partial

from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import Form, Reading, expect, only_input, sizes
from build_decoder.models.layer import Shape
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.max_pool import MaxPool

__all__ = ["READERS"]


def _max_pool(layer: LayerConfig, shapes: list[Shape], *, axes: int) -> Reading:
    shape = only_input(layer, shapes, axes + 1)
    window = sizes(layer, "pool_size", axes)
    expect(layer, "strides", list(window))
    expect(layer, "data_format", "channels_last")
    padding = expect(layer, "padding", "same", "valid")
    lengths = shape[:-1]
    cut = any(length % step for length, step in zip(lengths, window, strict=True))
    if padding == "valid" and cut:
        raise layer.error(
            f"padding='same', or lengths that {window} divides",
            f"padding='valid' of lengths {lengths}",
        )
    pooled = (-(-length // step) for length, step in zip(lengths, window, strict=True))
    form = Form.IMAGE if axes == 1 else None
    return Reading(MaxPool((*window, 1)[:2]), (*pooled, shape[-1]), form)


def _average(layer: LayerConfig, shapes: list[Shape], *, axes: int) -> Reading:
    shape = only_input(layer, shapes, axes + 1)
    expect(layer, "data_format", "channels_last")
    expect(layer, "keepdims", False)
    return Reading(GlobalAveragePool(), shape[-1:], Form.IMAGE if axes == 1 else None)


READERS = {
    "MaxPooling1D": partial(_max_pool, axes=1),
    "MaxPooling2D": partial(_max_pool, axes=2),
    "GlobalAveragePooling1D": partial(_average, axes=1),
    "GlobalAveragePooling2D": partial(_average, axes=2),
}
