"""Activation functions, one module each.

To add one, add a module here that defines ``ACTIVATION``: it is found by itself.
"""

from build_decoder.models.activation import Activation
from build_decoder.models.discovery import discover

__all__ = ["get", "names"]

_ACTIVATIONS: dict[str, Activation] = discover(__name__, __path__, "ACTIVATION")


def names() -> tuple[str, ...]:
    """Names of all activation functions, sorted."""
    return tuple(sorted(_ACTIVATIONS))


def get(name: str) -> Activation:
    """The activation function called `name`; `KeyError` where there is none."""
    return _ACTIVATIONS[name]
