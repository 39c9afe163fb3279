"""Integer activations: one file each, found by looking into this folder.

An integer activation is a frozen parameter object with ``input`` and ``output`` (QFormat) and
``compute(raw)``. A file that knows an exact one for an activation registers a builder for its name
with :func:`realises`; every other function is made into a table or piecewise-linear form by
:mod:`quant.activations.generated`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import numpy as np

from build_decoder.models import activations as float_activations
from build_decoder.models.activation import Activation
from build_decoder.quant.qformat import QFormat

__all__ = ["IntegerActivation", "integer_activation", "is_exact", "realises"]


class IntegerActivation(Protocol):
    """Interface of an integer activation.

    One whose ``compute`` takes integers that floats carry (:mod:`quant.carrier`) as well says so by
    a class attribute ``takes_carried = True``: it is then not looked up in a table.
    """

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


@lru_cache(maxsize=4096)
def integer_activation(
    activation: str | Activation,
    input: QFormat,
    output: QFormat,
    *,
    error_bound: float = 1.0,
    uniform_segments: int | None = None,
) -> IntegerActivation:
    """The integer form of an activation from format ``input`` to format ``output``.

    Parameters
    ----------
    activation
        A name of ``models.activations``, or any function as an ``Activation``.
    input, output
        Formats.
    error_bound
        Greatest error over all input codes, in steps of ``output``, of a generated form; an exact
        form rounds, and keeps to half a step.
    uniform_segments
        Generate so many uniform segments, as AHEAD does, whatever error that leaves.

    Raises
    ------
    ValueError
        If no form keeps to the bound; the message has the least bound that one can keep.
    """
    if isinstance(activation, str):
        if activation in _builders:
            return _builders[activation](input=input, output=output)
        activation = float_activations.get(activation)
    if uniform_segments is not None:
        return generated.fit_uniform_segments(activation, input, output, uniform_segments)
    return generated.cheapest(activation, input, output, error_bound=error_bound)


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

from build_decoder.quant.activations import generated  # noqa: E402 (it needs what is above)
