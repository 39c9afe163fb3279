"""Layer types of architectures, one module each.

To add one, add a module here that defines ``LAYER_TYPE``: it is found by itself.
"""

import importlib
import pkgutil

from build_decoder.models.graph.layer import GraphLayer, GraphLayerType

__all__ = ["get", "names", "type_of"]


def _discover() -> dict[str, GraphLayerType]:
    found = {}
    for info in pkgutil.iter_modules(__path__):
        layer_type = importlib.import_module(f"{__name__}.{info.name}").LAYER_TYPE
        assert layer_type.name not in found, f"two layer types are called {layer_type.name!r}"
        found[layer_type.name] = layer_type
    return found


_LAYER_TYPES = _discover()


def names() -> tuple[str, ...]:
    """Names of all layer types, sorted."""
    return tuple(sorted(_LAYER_TYPES))


def get(name: str) -> GraphLayerType:
    """The layer type called `name`; `KeyError` where there is none."""
    return _LAYER_TYPES[name]


def type_of(layer: GraphLayer) -> GraphLayerType:
    """The layer type that `layer` is of."""
    return next(kind for kind in _LAYER_TYPES.values() if type(layer) is kind.layer)
