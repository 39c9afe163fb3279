"""Dynamic-range analysis: the integer bits of every node (AHEAD's BWS-IBW, Section 4.3)."""

import numpy as np

import models.activations
from models.network import Network
from quant.formats import NetworkFormats
from quant.qformat import QFormat

__all__ = ["PERFECT_WIDTH", "analyse_ranges"]

PERFECT_WIDTH = 16
"""Width that is as good as real numbers, from which the search for fraction bits starts."""

_FLAT = 2.0**-9
"""Change of an activation that no output can show: where it is flatter, its input saturates."""


def analyse_ranges(network: Network, x: np.ndarray) -> NetworkFormats:
    """Formats of :data:`PERFECT_WIDTH` bits whose integer bits hold what occurs.

    Weights and biases are taken as they are, signals as they come when ``network`` runs in floats
    on ``x`` (samples, inputs). Signals that are never negative are unsigned. A sum is not followed
    to where its activation is flat, and neither is the accumulator before it.
    """
    formats = {(1, "input"): _holding(x)}
    for number, layer in enumerate(network.layers, start=1):
        accumulated = x @ layer.weights
        summed = accumulated + layer.bias
        function = models.activations.get(layer.activation).function
        summed_limit = _flat_beyond(function, np.abs(summed).max())
        accumulated_limit = summed_limit + np.abs(layer.bias).max()
        x = function(summed)
        formats[number, "weight"] = _holding(layer.weights, signed=True)
        formats[number, "accumulator"] = _holding(
            np.clip(accumulated, -accumulated_limit, accumulated_limit), signed=True
        )
        formats[number, "bias"] = _holding(layer.bias, signed=True)
        formats[number, "sum"] = _holding(
            np.clip(summed, -summed_limit, summed_limit), signed=True
        )
        # A bound that is only approached, such as sigmoid's 1, may saturate by its last step.
        formats[number, "output"] = _holding(x, approached=True)
    return formats


def _holding(
    values: np.ndarray, *, signed: bool | None = None, approached: bool = False
) -> QFormat:
    """Format of PERFECT_WIDTH bits that holds ``values``, unsigned if none is negative.

    The greatest value may miss by one step when it is ``approached``.
    """
    low, high = float(values.min()), float(values.max())
    signed = low < 0 if signed is None else signed
    # A magnitude m needs floor(log2(m)) + 1 bits before the point, which may be negative. A signed
    # format reaches one power of two exactly, on the negative side.
    bounds = (_just_below(high) if approached else high, _just_below(-low))
    needed = max((int(np.floor(np.log2(b))) + 1 for b in bounds if b > 0), default=0)
    integer = max(needed, -PERFECT_WIDTH) + signed
    return QFormat(integer, PERFECT_WIDTH - integer, signed)


def _just_below(value: float) -> float:
    return float(np.nextafter(value, 0.0))


def _flat_beyond(function, limit: float) -> float:
    """Least power of two, of those below ``limit``, beyond which ``function`` is flat."""
    bound = 2.0
    while bound < limit:
        outside = np.linspace(bound, limit, 64)
        change = max(
            np.abs(function(sign * outside) - function(np.float64(sign * bound))).max()
            for sign in (-1, 1)
        )
        if change < _FLAT:
            return bound - 2.0**-PERFECT_WIDTH
        bound *= 2
    return float(limit)
