"""Integer activations: one file each, found by looking into this folder.

An integer activation is a frozen parameter object with ``input`` and ``output`` (QFormat) and
``compute(raw)``. A file that knows an exact one for an activation registers a builder for its name
with :func:`realises`; every other activation of ``models.activations`` becomes a
:class:`~quant.activations.piecewise_linear.PiecewiseLinear`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Protocol

import numpy as np

from quant.qformat import QFormat

__all__ = ["IntegerActivation", "integer_activation", "is_exact", "realises"]


class IntegerActivation(Protocol):
    """What a dense layer asks of its activation."""

    input: QFormat
    output: QFormat

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Raw int64 in ``output`` of ``raw`` in ``input`` (any shape)."""


_builders: dict[str, Callable[[QFormat, QFormat], IntegerActivation]] = {}


def realises(name: str):
    """Class decorator: ``cls(input=..., output=...)`` is activation ``name`` in integers."""

    def register(builder):
        if name in _builders:
            raise ValueError(f"expected one integer form of activation {name!r}, got a second")
        _builders[name] = builder
        return builder

    return register


def is_exact(name: str) -> bool:
    """Whether activation ``name`` has an exact integer form."""
    return name in _builders


def integer_activation(name: str, input: QFormat, output: QFormat) -> IntegerActivation:
    """The integer form of activation ``name`` from format ``input`` to format ``output``."""
    if name in _builders:
        return _builders[name](input=input, output=output)
    return piecewise_linear.fit(name, input, output)


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

from quant.activations import piecewise_linear  # noqa: E402 (it needs what is above)
