"""Layer types, one module each.

To add one, add a module here that defines ``LAYER_TYPE``: it is found by itself.
"""

from build_decoder.models.carried import plain
from build_decoder.models.discovery import discover
from build_decoder.models.layer import Layer, LayerType

__all__ = ["get", "names", "type_of"]

_LAYER_TYPES: dict[str, LayerType] = discover(__name__, __path__, "LAYER_TYPE")


def names() -> tuple[str, ...]:
    """Names of all layer types, sorted."""
    return tuple(sorted(_LAYER_TYPES))


def get(name: str) -> LayerType:
    """The layer type called `name`; `KeyError` where there is none."""
    return _LAYER_TYPES[name]


def type_of(layer: Layer) -> LayerType:
    """The layer type that `layer` is of, whether a continuous network carries its states or not."""
    found = type(plain(layer))
    return next(kind for kind in _LAYER_TYPES.values() if found is kind.layer)
