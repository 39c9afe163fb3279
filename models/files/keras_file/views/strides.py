"""Strides of convolutions and pools."""

from build_decoder.models.files.keras_file.layer_config import LayerConfig
from build_decoder.models.files.keras_file.reading import size, sizes
from build_decoder.models.layer import Shape

__all__ = ["strides_of"]


def strides_of(layer: LayerConfig, axes: int) -> Shape:
    """The setting `strides`: a list, or a number for all axes."""
    if type(layer.setting("strides")) is int:
        return (size(layer, "strides"),) * axes
    return sizes(layer, "strides", axes)
