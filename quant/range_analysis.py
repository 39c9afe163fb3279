"""Dynamic-range analysis: the integer bits of every node, and its perfect format."""

import math
from collections.abc import Mapping

import numpy as np

from build_decoder.models import activations as float_activations
from build_decoder.models.activation import Activation
from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network, Node
from build_decoder.models.spread import standard_deviation
from build_decoder.quant.formats import INPUT, NetworkFormats, NodeKey, place_of, weight_roles
from build_decoder.quant.input_statistics import InputStatistics
from build_decoder.quant.layer import EVERY_OUTPUT, Kind, Role
from build_decoder.quant.layers import quantiser_of
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
"""Width of a perfect format: as good as real numbers; the default search starts from it."""

MOST_PERFECT_WIDTH = 40
"""Greatest width of a perfect format, for values that are large beside their spread."""

_FINE = 12
"""The step that a node needs is the spread of its values divided by two to this power."""

_COARSE = 9
"""A format of :data:`PERFECT_WIDTH` bits is fine enough if its step is at most the spread of its
values divided by two to this power."""

_HEADROOM = 0.125
"""How far beyond their range on golden data signals may go on other data, as a fraction of that
range, where outputs are values of their own."""

_PART = 1 << 24
"""Most values that are held at a time, of all layers together, for networks with images or
sequences."""

_FLAT = 2.0**-9
"""Change of an activation that no output can show: where it changes by less, its input may
saturate."""


def observed_values(
    network: Network, x: np.ndarray, *, values: bool = False
) -> Mapping[NodeKey, np.ndarray]:
    """Values of every free node when ``network`` runs in floats on ``x`` (samples, inputs).

    The last axis of a signal's array counts outputs, as the layer counts them.

    Parameters
    ----------
    values
        Whether outputs are values of their own, not only a means to decide. Saturation on other
        data could then be an error of any size, so signals get room beyond golden data's range.
    """
    parts = [_observed(network, part) for part in _parts(network, x)]
    found = {
        key: array if key.role in weight_roles(network, key.node) else _joined(parts, key)
        for key, array in parts[0].items()
    }
    if values:
        _add_all_headroom(network, found)
    return found


def _add_all_headroom(network: Network, found: dict[NodeKey, np.ndarray]) -> None:
    """Room for what other data may reach, in place."""
    for item in network.given_inputs:
        key = NodeKey(item.name, INPUT)
        found[key] = _with_headroom(found[key])
    for node in network.nodes:
        _add_headroom(node, found)


def _parts(network: Network, x: np.ndarray) -> list[np.ndarray]:
    """``x`` in parts of so few samples that all values of the network fit into memory."""
    if all(len(shape) == 1 for shape in network.shapes.values()):
        return [x]
    held = sum(math.prod(shape) for shape in network.shapes.values())
    most = max(_PART // held, 1)
    return [x[start : start + most] for start in range(0, len(x), most)]


def _joined(parts: list[Mapping[NodeKey, np.ndarray]], key: NodeKey) -> np.ndarray:
    return parts[0][key] if len(parts) == 1 else np.concatenate([part[key] for part in parts])


def _observed(network: Network, x: np.ndarray) -> Mapping[NodeKey, np.ndarray]:
    found = {}
    held_by = network.given_values(x)
    for item in network.given_inputs:
        found[NodeKey(item.name, INPUT)] = _extremes(held_by[item.name])
    for node in network.nodes:
        quantiser = quantiser_of(node.layer)
        inputs = [held_by[name] for name in node.inputs]
        held = quantiser.observed(node.layer, inputs, node.weights)
        held_by[node.name] = held["output"]
        # A state has to hold every step's value, not the last one's alone.
        held = {**held, "output": held.get(EVERY_OUTPUT, held["output"])}
        for role in quantiser.roles(node.layer):
            array = held[role.name]
            if role.kind is not Kind.WEIGHT:
                array = _extremes(array)
            found[NodeKey(node.name, role.name)] = array
    return found


def _extremes(values: np.ndarray) -> np.ndarray:
    """``values`` (samples, outputs); of values with more axes, which are too many to keep, the
    least and the greatest of each channel, (2, channels)."""
    if values.ndim <= 2:
        return values
    rows = values.reshape(-1, values.shape[-1])
    return np.stack([rows.min(axis=0), rows.max(axis=0)])


def _add_headroom(node: Node, found: dict[NodeKey, np.ndarray]) -> None:
    """Room for a layer's signals, in place."""
    quantiser = quantiser_of(node.layer)
    activations = quantiser.activations(node.layer)
    made = {activation.output for activation in activations}
    for role in quantiser.roles(node.layer):
        if role.kind is not Kind.WEIGHT and role.name not in made:
            key = NodeKey(node.name, role.name)
            found[key] = _with_headroom(found[key])
    for activation in activations:
        # What follows from a sum's room, which of an exponential is far more than of the sum.
        taken = found.get(NodeKey(node.name, activation.input))
        if taken is not None:
            function = function_of(activation.activation)
            found[NodeKey(node.name, activation.output)] = function(taken)


def analyse_ranges(
    network: Network,
    x: np.ndarray,
    *,
    values: bool = False,
    each: bool = False,
    extra: int = 0,
    statistics: InputStatistics | None = None,
) -> NetworkFormats:
    """Perfect formats: their integer bits hold all values that occur, and their steps are fine.

    Weights and biases are known; signals are observed while ``network`` runs in floats on ``x``
    (samples, inputs). Signals that are never negative are unsigned. Where outputs only decide, a
    sum and the accumulator before it need not hold values for which the activation is flat.

    Formats have :data:`PERFECT_WIDTH` bits, or more, up to :data:`MOST_PERFECT_WIDTH`, where values
    have a large offset or very different scales (:func:`_needed_steps`).

    Parameters
    ----------
    values
        Whether outputs are values of their own; see :func:`observed_values`.
    each
        Whether each output has a scale of its own, however small.
    extra
        Additional fraction bits, as far as :data:`MOST_PERFECT_WIDTH` allows.
    statistics
        Of these inputs, which networks on the same samples share. Default: shared with none.
    """
    observed = observed_values(network, x)
    steps = _needed_steps(network, observed, statistics or InputStatistics(), each=each)
    held = dict(observed)
    if values:
        _add_all_headroom(network, held)
    roles = {NodeKey(item.name, INPUT): Role(INPUT, Kind.SIGNAL) for item in network.given_inputs}
    for node in network.nodes:
        quantiser = quantiser_of(node.layer)
        roles |= {NodeKey(node.name, role.name): role for role in quantiser.roles(node.layer)}
        if not values:
            _limit_to_curved(node, held)
    formats = {
        key: _refined(
            format_holding(
                array,
                PERFECT_WIDTH,
                signed=roles[key].signed,
                approached=roles[key].approached,
            ),
            steps.get(key, np.inf),
        )
        for key, array in held.items()
    }
    return {key: _extended(format, extra) for key, format in formats.items()}


def _limit_to_curved(node: Node, held: dict[NodeKey, np.ndarray]) -> None:
    """Limit the inputs of a layer's activations to where these are not flat, in place."""
    quantiser = quantiser_of(node.layer)
    kinds = {role.name: role.kind for role in quantiser.roles(node.layer)}
    limits: dict[str, float] = {}
    for activation in quantiser.activations(node.layer):
        if kinds.get(activation.input) is Kind.SIGNAL:
            most = np.abs(held[NodeKey(node.name, activation.input)]).max()
            limit = _flat_beyond(function_of(activation.activation), most)
            limits[activation.input] = max(limit, limits.get(activation.input, 0.0))
    for role, limit in limits.items():
        key = NodeKey(node.name, role)
        held[key] = np.clip(held[key], -limit, limit)
        if role == "sum" and "accumulator" in kinds:
            before = limit + np.abs(held[NodeKey(node.name, "bias")]).max()
            key = NodeKey(node.name, "accumulator")
            held[key] = np.clip(held[key], -before, before)


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
    """The first node whose format is too coarse for its values, as text for the user."""
    held = observed_values(network, x)
    steps = _needed_steps(network, held, InputStatistics(), each=each)
    coarseness = {key: formats[key].resolution / steps[key] for key in steps}
    worst = max(coarseness, key=coarseness.get)
    # In data-flow order: what comes later may be coarse for what was lost before.
    key = next((key for key in held if coarseness.get(key, 0.0) > 2), worst)
    array = held[key]
    place = ""
    if key.role == INPUT:
        row, column = np.unravel_index(np.argmax(np.abs(array)), (len(array), array[0].size))
        place = f", the largest at sample {row}, input {column}"
    return (
        f"node {key.role} of {place_of(network, key.node)} has values of {array.min():.6g} to "
        f"{array.max():.6g}{place}, and needs steps of {steps[key]:.2g}, but {formats[key]} has "
        f"{formats[key].resolution:g}"
    )


def _needed_steps(
    network: Network,
    held: Mapping[NodeKey, np.ndarray],
    statistics: InputStatistics,
    *,
    each: bool,
) -> Mapping[NodeKey, float]:
    """A step for each node of dense layers, so fine that no output shows it.

    The spread of a layer's sums tells how fine the sums, and the values that they are made of, have
    to be: the spread of the median neuron or, in the last layer if ``each`` output has a scale of
    its own, of the output that varies least.
    """
    steps = {}
    inputs = {item.name for item in network.inputs}
    for node in network.nodes:
        if not isinstance(node.layer, Dense):
            continue
        choose = np.min if each and node is network.nodes[-1] else np.median
        (taken,) = node.inputs
        given = next((item for item in network.given_inputs if item.name == taken), None)
        source = NodeKey(taken, INPUT if taken in inputs else "output")
        spread = _spread(held[NodeKey(node.name, "sum")])
        alive = spread > 0
        if not alive.any():
            spread, alive = np.ones_like(spread), np.ones_like(alive)
        fine = spread[alive] * 2.0**-_FINE
        size = np.sqrt(np.square(node.weights["weights"][:, alive]).sum(axis=0))
        sums = float(choose(fine))
        for role in ("accumulator", "bias", "sum"):
            steps[NodeKey(node.name, role)] = sums
        if given is not None:
            steps[source] = float(choose(fine / np.where(size > 0, size, 1.0)))
        if source in held:
            # A constant of an input goes into the bias, and with it what weights do to it.
            values = held[source]
            varied = _spread(values) if given is None else statistics.of(taken, _spread, values)
            power = np.sqrt(np.square(varied).sum()) or 1.0
            steps[NodeKey(node.name, "weight")] = sums / power
        output = _spread(held[NodeKey(node.name, "output")])
        output = output[output > 0]
        finest = float(choose(output)) * 2.0**-_FINE if len(output) else np.inf
        steps[NodeKey(node.name, "output")] = finest
    return steps


def _spread(values: np.ndarray) -> np.ndarray:
    """Spread of each column of ``values``: the standard deviation, or half the distance of the 16 %
    and 84 % quantiles if that is less, so that a single outlier does not count."""
    spread = standard_deviation(values)
    low, high = np.quantile(values, (0.16, 0.84), axis=0)
    middle = (high - low) / 2
    return np.where((middle > 0) & (middle < spread), middle, spread)


def _refined(format: QFormat, step: float) -> QFormat:
    """``format``; if it is far too coarse, with as many fraction bits as ``step`` needs."""
    if format.resolution <= step * 2.0 ** (_FINE - _COARSE) or not 0 < step < np.inf:
        return format
    wanted = int(np.ceil(-np.log2(step)))
    fraction = min(wanted, MOST_PERFECT_WIDTH - format.integer)
    return QFormat(format.integer, max(format.fraction, fraction), format.signed)


def _with_headroom(values: np.ndarray) -> np.ndarray:
    """``values`` (samples, outputs), and two more rows a little beyond their range.

    No row goes across zero, since an output such as a ReLU's does not on any data.
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
        Whether the greatest value may miss by one step.
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


def function_of(activation: str | Activation):
    """The activation in floats."""
    if isinstance(activation, Activation):
        return activation.function
    return float_activations.get(activation).function


def _flat_beyond(function, limit: float) -> float:
    """The least power of two below ``limit`` beyond which ``function`` is flat; ``limit`` if it is
    flat nowhere."""
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
