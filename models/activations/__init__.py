"""Activation functions, one module each.

To add one, add a module here that defines ``ACTIVATION``: it is found by itself.
"""

import importlib
import pkgutil

from models.activation import Activation

__all__ = ["get", "names"]


def _discover() -> dict[str, Activation]:
    found = {}
    for info in pkgutil.iter_modules(__path__):
        activation = importlib.import_module(f"{__name__}.{info.name}").ACTIVATION
        assert activation.name not in found, f"two activations are called {activation.name!r}"
        found[activation.name] = activation
    return found


_ACTIVATIONS = _discover()


def names() -> tuple[str, ...]:
    """Names of all activation functions, sorted."""
    return tuple(sorted(_ACTIVATIONS))


def get(name: str) -> Activation:
    """The activation function called `name`; `KeyError` where there is none."""
    return _ACTIVATIONS[name]
