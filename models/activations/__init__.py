"""Activation functions, one module each.

To add one, add a module here that defines ``ACTIVATION``: it is found by itself. One with a
parameter stands for a family: ``leaky_relu(0.01)`` is a leaky ReLU of another slope.
"""

import re
from dataclasses import replace
from functools import lru_cache

import numpy as np

from build_decoder.models.activation import Activation
from build_decoder.models.discovery import discover

__all__ = ["choices", "get", "is_known", "names", "of_parameter"]

_ACTIVATIONS: dict[str, Activation] = discover(__name__, __path__, "ACTIVATION")
_CALL = re.compile(r"([a-z_]{1,64})\(([0-9.e+-]{1,32})\)")


def names() -> tuple[str, ...]:
    """Names of all activation functions, sorted; of a family that of its usual member."""
    return tuple(sorted(_ACTIVATIONS))


def choices() -> str:
    """All names, as text for the user: a family as ``NAME or NAME(PARAMETER)``."""
    listed = []
    for name in names():
        parameter = _ACTIVATIONS[name].parameter
        listed += [name] if parameter is None else [name, f"{name}({parameter.setting.upper()})"]
    return ", ".join(listed)


def is_known(name: str) -> bool:
    """Whether `get` has an activation function called `name`."""
    try:
        get(name)
    except KeyError:
        return False
    return True


def get(name: str) -> Activation:
    """The activation function called `name`; `KeyError` where there is none."""
    return _ACTIVATIONS[name] if name in _ACTIVATIONS else _member(name)


def of_parameter(name: str, value: float) -> str:
    """Name of the function of a family that has the parameter `value`; `KeyError` if there is none.

    Values that a float32 does not tell apart are one: it may have been one before it was saved.
    """
    parameter = _ACTIVATIONS[name].parameter
    if parameter is None or not 0 < value <= parameter.most:
        raise KeyError(name)
    if parameter.usual is not None and np.float32(value) == np.float32(parameter.usual):
        return name
    short = float(f"{value:.7g}")
    called = short if np.float32(short) == np.float32(value) else float(value)
    return get(f"{name}({called!r})").name


@lru_cache(maxsize=256)
def _member(name: str) -> Activation:
    found = _CALL.fullmatch(name)
    family = _ACTIVATIONS.get(found[1]) if found else None
    if family is None or family.parameter is None:
        raise KeyError(name)
    try:
        value = float(found[2])
    except ValueError:
        raise KeyError(name) from None
    if not 0 < value <= family.parameter.most:
        raise KeyError(name)
    return replace(
        family, name=name, function=family.parameter.function(value), keras=None,
        scales=family.parameter.scales,
    )
