"""ZeroPadding layers, which are part of the convolution behind them."""

from collections import Counter
from typing import Any

from build_decoder.models.errors import shown
from build_decoder.models.files.keras_file.layer_config import LayerConfig

__all__ = ["ZEROS", "padding_joined"]

ZEROS = "zeros before and behind"
"""Setting of a convolution: the zeros of the layer before it, along each axis."""

_KINDS = {"ZeroPadding1D": 1, "ZeroPadding2D": 2}


def padding_joined(layers: tuple[LayerConfig, ...]) -> tuple[LayerConfig, ...]:
    """The layers of a model, each ZeroPadding in the settings of the convolution that takes it.

    `InputError` where another layer takes it, or a convolution that pads by itself.
    """
    users = Counter(name for layer in layers for name in layer.sources)
    padding = {layer.name: layer for layer in layers if layer.kind in _KINDS}
    joined, left = [], set(padding)
    for layer in layers:
        if layer.kind in _KINDS:
            continue
        before = padding.get(layer.sources[0]) if len(layer.sources) == 1 else None
        if before is not None and users[before.name] == 1 and _takes_zeros(layer, before):
            settings = layer.settings | {ZEROS: _zeros(before, _KINDS[before.kind])}
            layer = LayerConfig(layer.path, layer.name, layer.kind, settings, before.sources)
            left.discard(before.name)
        joined.append(layer)
    for name in left:
        raise padding[name].error(
            "a convolution with padding='valid' behind it, and no other layer", "another layer"
        )
    return tuple(joined)


def _takes_zeros(layer: LayerConfig, before: LayerConfig) -> bool:
    axes = _KINDS[before.kind]
    kinds = (f"Conv{axes}D", f"DepthwiseConv{axes}D", f"SeparableConv{axes}D")
    return layer.kind in kinds and layer.settings.get("padding") == "valid"


def _zeros(layer: LayerConfig, axes: int) -> list[Any]:
    padding = layer.setting("padding")
    pairs = [padding] if axes == 1 else padding
    good = isinstance(pairs, list) and len(pairs) == axes and all(
        isinstance(pair, list) and len(pair) == 2 and all(type(n) is int and n >= 0 for n in pair)
        for pair in pairs
    )
    if not good or (axes == 2 and layer.setting("data_format") != "channels_last"):
        raise layer.error(f"{axes} pairs of numbers of zeros, channels last", shown(padding))
    return pairs
