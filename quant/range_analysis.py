"""Dynamic-range analysis: the integer bits of every node, and its perfect format."""

from collections.abc import Mapping

import numpy as np

from build_decoder.models import activations as float_activations
from build_decoder.models.network import Network
from build_decoder.models.spread import standard_deviation
from build_decoder.quant.formats import NetworkFormats, NodeKey
from build_decoder.quant.qformat import QFormat

__all__ = [
    "MOST_PERFECT_WIDTH",
    "PERFECT_WIDTH",
    "analyse_ranges",
    "coarsest_node",
    "format_holding",
    "observed_values",
    "saturates",
]

PERFECT_WIDTH = 16
"""Width that is as good as real numbers, from which the default search narrows."""

MOST_PERFECT_WIDTH = 40
"""Width of a node that needs more, since its values are large beside what they vary by."""

_FINE = 12
"""Bits of a perfect format below what a node varies by."""

_COARSE = 9
"""Bits below what a node varies by that are fine enough, if :data:`PERFECT_WIDTH` has them."""

_HEADROOM = 0.125
"""How much farther than golden data's, in parts of its whole range, signals may go on other data
where outputs are values of their own."""

_FLAT = 2.0**-9
"""Change of an activation that no output can show: where it is flatter, its input saturates."""


def observed_values(
    network: Network, x: np.ndarray, *, values: bool = False
) -> Mapping[NodeKey, np.ndarray]:
    """What every free node holds when ``network`` runs in floats on ``x`` (samples, inputs).

    Parameters
    ----------
    values
        Outputs are values of their own, so that saturation on other data is an error of any size:
        signals get room for what other data may reach.
    """
    found = {(1, "input"): np.asarray(x, dtype=np.float64)}
    for number, layer in enumerate(network.layers, start=1):
        accumulated = x @ layer.weights
        summed = accumulated + layer.bias
        x = float_activations.get(layer.activation).function(summed)
        nodes = ("weight", "accumulator", "bias", "sum", "output")
        held = (layer.weights, accumulated, layer.bias, summed, x)
        found |= {(number, node): array for node, array in zip(nodes, held, strict=True)}
    if values:
        for key in [key for key in found if key[1] in ("input", "accumulator", "sum")]:
            found[key] = _with_headroom(found[key])
        for number, layer in enumerate(network.layers, start=1):
            # What follows from a sum's room, which of an exponential is far more than of the sum.
            function = float_activations.get(layer.activation).function
            found[number, "output"] = function(found[number, "sum"])
    return found


def analyse_ranges(
    network: Network, x: np.ndarray, *, values: bool = False, each: bool = False, extra: int = 0
) -> NetworkFormats:
    """Perfect formats: their integer bits hold what occurs, and their steps are fine.

    Weights and biases are taken as they are, signals as they come when ``network`` runs in floats
    on ``x`` (samples, inputs). Signals that are never negative are unsigned. Where outputs only
    decide, a sum is not followed to where its activation is flat, and neither is the accumulator
    before it.

    Formats have :data:`PERFECT_WIDTH` bits, or more, up to :data:`MOST_PERFECT_WIDTH`, where values
    have a large offset or very different scales (:func:`_needed_steps`).

    Parameters
    ----------
    values
        Outputs are values of their own; see :func:`observed_values`.
    each
        Outputs have scales of their own, however small.
    extra
        Fraction bits more, as far as :data:`MOST_PERFECT_WIDTH` allows.
    """
    held = dict(observed_values(network, x, values=values))
    steps = _needed_steps(network, observed_values(network, x), each=each)
    for number, layer in enumerate(network.layers if not values else (), start=1):
        function = float_activations.get(layer.activation).function
        limit = _flat_beyond(function, np.abs(held[number, "sum"]).max())
        before = limit + np.abs(layer.bias).max()
        held[number, "sum"] = np.clip(held[number, "sum"], -limit, limit)
        held[number, "accumulator"] = np.clip(held[number, "accumulator"], -before, before)
    formats = {
        key: _refined(
            format_holding(
                array,
                PERFECT_WIDTH,
                # Signed by their nature, whatever this network's values are.
                signed=True if key[1] in ("weight", "accumulator", "bias", "sum") else None,
                # A bound that is only approached, such as sigmoid's 1, may saturate by its last
                # step.
                approached=key[1] == "output",
            ),
            steps[key],
        )
        for key, array in held.items()
    }
    return {key: _extended(format, extra) for key, format in formats.items()}


def _extended(format: QFormat, extra: int) -> QFormat:
    extra = min(extra, max(MOST_PERFECT_WIDTH - format.width, 0))
    return QFormat(format.integer, format.fraction + extra, format.signed)


def saturates(activation: str) -> bool:
    """Whether an activation is flat far out, on both sides."""
    function = float_activations.get(activation).function
    near, far = (function(np.array([-x, x])) for x in (1e2, 1e4))
    return bool(np.abs(far - near).max() < _FLAT)


def coarsest_node(
    network: Network, x: np.ndarray, formats: NetworkFormats, *, each: bool = False
) -> str:
    """The first node whose format is too coarse for what it holds, as text for the user."""
    held = observed_values(network, x)
    steps = _needed_steps(network, held, each=each)
    coarseness = {key: formats[key].resolution / steps[key] for key in formats}
    worst = max(coarseness, key=coarseness.get)
    # In data-flow order: what comes later may be coarse for what was lost before.
    key = next((key for key in held if coarseness[key] > 2), worst)
    number, node = key
    array = held[key]
    place = ""
    if node == "input":
        row, column = np.unravel_index(np.argmax(np.abs(array)), array.shape)
        place = f", the largest at sample {row}, input {column}"
    return (
        f"node {node} of layer {number} has values of {array.min():.6g} to {array.max():.6g}{place}"
        f", and needs steps of {steps[key]:.2g}, but {formats[key]} has {formats[key].resolution:g}"
    )


def _needed_steps(
    network: Network, held: Mapping[NodeKey, np.ndarray], *, each: bool
) -> Mapping[NodeKey, float]:
    """The step of each node that is so fine that no output shows it.

    What a layer's sums vary by tells how fine they, and what they are made of, have to be: of the
    last layer those of the output that varies least, if ``each`` has a scale of its own; else, and
    of hidden layers, the median neuron's.
    """
    steps = {}
    for number, layer in enumerate(network.layers, start=1):
        choose = np.min if each and number == len(network.layers) else np.median
        source = held[number, "input"] if number == 1 else held[number - 1, "output"]
        spread = _spread(held[number, "sum"])
        alive = spread > 0
        if not alive.any():
            spread, alive = np.ones_like(spread), np.ones_like(alive)
        fine = spread[alive] * 2.0**-_FINE
        size = np.sqrt(np.square(layer.weights[:, alive]).sum(axis=0))
        sums = float(choose(fine))
        for node in ("accumulator", "bias", "sum"):
            steps[number, node] = sums
        if number == 1:
            steps[1, "input"] = float(choose(fine / np.where(size > 0, size, 1.0)))
        # A constant of an input goes into the bias, and with it what weights do to it.
        power = np.sqrt(np.square(_spread(source)).sum()) or 1.0
        steps[number, "weight"] = sums / power
        output = _spread(held[number, "output"])
        output = output[output > 0]
        steps[number, "output"] = float(choose(output)) * 2.0**-_FINE if len(output) else np.inf
    return steps


def _spread(values: np.ndarray) -> np.ndarray:
    """What each column of ``values`` varies by, one outlier apart."""
    spread = standard_deviation(values)
    low, high = np.quantile(values, (0.16, 0.84), axis=0)
    middle = (high - low) / 2
    return np.where((middle > 0) & (middle < spread), middle, spread)


def _refined(format: QFormat, step: float) -> QFormat:
    """``format``, or with as many fraction bits as ``step`` needs if it is far too coarse."""
    if format.resolution <= step * 2.0 ** (_FINE - _COARSE) or not 0 < step < np.inf:
        return format
    wanted = int(np.ceil(-np.log2(step)))
    fraction = min(wanted, MOST_PERFECT_WIDTH - format.integer)
    return QFormat(format.integer, max(format.fraction, fraction), format.signed)


def _with_headroom(values: np.ndarray) -> np.ndarray:
    """``values`` (samples, outputs) and what is a little beyond them, output by output.

    Never across zero, which an output such as that of a ReLU does not cross on any data.
    """
    low, high = values.min(axis=0), values.max(axis=0)
    more = _HEADROOM * (high - low)
    lower = np.where(low >= 0, np.maximum(low - more, 0.0), low - more)
    upper = np.where(high <= 0, np.minimum(high + more, 0.0), high + more)
    return np.vstack([values, lower, upper])


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
