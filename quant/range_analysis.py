"""Dynamic-range analysis: the integer bits of every node, and its perfect format."""

from collections.abc import Mapping

import numpy as np

import models.activations
from models.network import Network
from quant.formats import NetworkFormats, NodeKey
from quant.qformat import QFormat

__all__ = ["PERFECT_WIDTH", "analyse_ranges", "format_holding", "observed_values"]

PERFECT_WIDTH = 16
"""Width that is as good as real numbers, from which the default search narrows."""

_FLAT = 2.0**-9
"""Change of an activation that no output can show: where it is flatter, its input saturates."""


def observed_values(network: Network, x: np.ndarray) -> Mapping[NodeKey, np.ndarray]:
    """What every free node holds when ``network`` runs in floats on ``x`` (samples, inputs)."""
    values = {(1, "input"): np.asarray(x, dtype=np.float64)}
    for number, layer in enumerate(network.layers, start=1):
        accumulated = x @ layer.weights
        summed = accumulated + layer.bias
        x = models.activations.get(layer.activation).function(summed)
        nodes = ("weight", "accumulator", "bias", "sum", "output")
        held = (layer.weights, accumulated, layer.bias, summed, x)
        values |= {(number, node): array for node, array in zip(nodes, held, strict=True)}
    return values


def analyse_ranges(network: Network, x: np.ndarray) -> NetworkFormats:
    """Formats of :data:`PERFECT_WIDTH` bits whose integer bits hold what occurs.

    Weights and biases are taken as they are, signals as they come when ``network`` runs in floats
    on ``x`` (samples, inputs). Signals that are never negative are unsigned. A sum is not followed
    to where its activation is flat, and neither is the accumulator before it.
    """
    values = dict(observed_values(network, x))
    for number, layer in enumerate(network.layers, start=1):
        function = models.activations.get(layer.activation).function
        limit = _flat_beyond(function, np.abs(values[number, "sum"]).max())
        before = limit + np.abs(layer.bias).max()
        values[number, "sum"] = np.clip(values[number, "sum"], -limit, limit)
        values[number, "accumulator"] = np.clip(values[number, "accumulator"], -before, before)
    return {
        key: format_holding(
            held,
            PERFECT_WIDTH,
            # Signed by their nature, whatever this network's values are.
            signed=True if key[1] in ("weight", "accumulator", "bias", "sum") else None,
            # A bound that is only approached, such as sigmoid's 1, may saturate by its last step.
            approached=key[1] == "output",
        )
        for key, held in values.items()
    }


def format_holding(
    values: np.ndarray, width: int, *, signed: bool | None = None, approached: bool = False
) -> QFormat:
    """Format of ``width`` bits with the fewest integer bits that hold ``values``.

    Parameters
    ----------
    signed
        Default: if any value is negative.
    approached
        The greatest value may miss by one step.
    """
    low, high = float(values.min()), float(values.max())
    signed = low < 0 if signed is None else signed
    # A magnitude m needs floor(log2(m)) + 1 bits before the point, which may be negative. A signed
    # format reaches one power of two exactly, on the negative side.
    bounds = (_just_below(high) if approached else high, _just_below(-low))
    needed = max((int(np.floor(np.log2(b))) + 1 for b in bounds if b > 0), default=0)
    integer = max(needed, -width) + signed
    return QFormat(integer, width - integer, signed)


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
