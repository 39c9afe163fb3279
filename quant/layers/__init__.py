"""Layer types in integers, one module each.

To add one, add a module here that defines ``QUANTISER`` (:class:`quant.layer.LayerQuantiser`) of
the name that the type has in `models.layers`: it is found by itself.
"""

from build_decoder.models.carried import Carried
from build_decoder.models.discovery import discover
from build_decoder.models.layer import Layer
from build_decoder.models.layers import type_of
from build_decoder.quant.carried import CarriedQuantiser
from build_decoder.quant.layer import LayerQuantiser

__all__ = ["get", "names", "quantiser_of"]

_QUANTISERS: dict[str, LayerQuantiser] = discover(__name__, __path__, "QUANTISER")


def names() -> tuple[str, ...]:
    """Names of all layer types that there are in integers, sorted."""
    return tuple(sorted(_QUANTISERS))


def get(name: str) -> LayerQuantiser:
    """The quantiser of the layer type called ``name``; `KeyError` where there is none."""
    return _QUANTISERS[name]


def quantiser_of(layer: Layer) -> LayerQuantiser:
    """The quantiser of a layer's type; `KeyError` where there is none."""
    found = _QUANTISERS[type_of(layer).name]
    return CarriedQuantiser(found) if isinstance(layer, Carried) else found
