"""Explanations why golden outputs differ from the network's, each tried on the data."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from build_decoder.models import activations as float_activations
from build_decoder.models.golden.precision import (
    HALF_PRECISION_BITS,
    View,
    half_precision_error,
    half_step,
    inputs_error,
    output_scale,
    roundings,
)
from build_decoder.models.network import Network
from build_decoder.models.spread import varies

__all__ = ["explanation", "is_one_hot"]

_SAMPLES = 64
"""How many samples an explanation is tried on before it is tried on all."""

_MOST = 0.1
"""Fraction of the difference that an approximate explanation may leave unexplained."""

_LEAST_REACH = 0.9

_COARSE = 0.5
"""Greatest error, as a fraction of an output's scale, that imprecise inputs or arithmetic explain:
with more, they would explain anything."""

_HALF = 2.0
"""Error that half precision explains, as a multiple of the error of one such run."""

_OUTPUTS = View(lambda y: y, output_scale)


def explanation(
    network: Network,
    x: np.ndarray,
    y: np.ndarray,
    own: np.ndarray,
    tolerance: np.ndarray,
    *,
    may_have_header: bool,
) -> str | None:
    """One explanation that fits all samples, as text for the user; None if none does.

    Parameters
    ----------
    x, y
        Golden inputs (samples, inputs) and outputs (samples, outputs).
    own
        The network's outputs on ``x``.
    tolerance
        Greatest error (outputs,) of outputs that agree.
    may_have_header
        Whether the first sample may be a header, as in a CSV file.
    """
    differing = np.flatnonzero((np.abs(own - y) > tolerance).any(axis=1))
    if len(differing) == 1 and len(y) > 1:
        return _single_row(x, y, int(differing[0]), may_have_header)
    few = differing[:_SAMPLES]
    for text, forward in _exact(network):
        # What explains the differing samples must not spoil those that agree.
        if all(
            np.all(np.abs(forward(x[rows]) - y[rows]) <= tolerance) for rows in (few, slice(None))
        ):
            return text
    return (
        _of_outputs(y, own, tolerance)
        or _imprecise(network, x, y, own, tolerance)
        or _scaled(network, x, y, own)
    )


def is_one_hot(y: np.ndarray) -> bool:
    """Whether each row of ``y`` (samples, outputs), of two or more, is one 1 among zeros."""
    zero_or_one = np.all((y == 0) | (y == 1))
    return bool(y.shape[1] > 1 and zero_or_one and np.all(y.sum(axis=1) == 1))


def _single_row(x: np.ndarray, y: np.ndarray, sample: int, may_have_header: bool) -> str:
    if sample or not may_have_header:
        return f"all samples but {sample} agree"
    for name, row in (("x", x[0]), ("y", y[0])):
        if len(row) > 1 and np.array_equal(row, np.arange(len(row))):
            return f"row 1 of {name} looks like a header, write the file without one"
    return "all others agree: is the first row a header?"


def _exact(network: Network) -> Iterator[tuple[str, object]]:
    """Explanations, each with a function from inputs to the outputs that it expects."""
    layers = network.layers if network.is_dense_chain else ()
    for number, layer in enumerate(layers, start=1):
        for name in float_activations.names():
            if name != layer.activation:
                text = f"layer {number} with {name} instead of {layer.activation} gives y"
                yield text, _changed(network, number, activation=name).forward
    yield "y is the log-softmax of the outputs, give the outputs", _log_softmax(network)
    square = [n for n, layer in enumerate(layers, 1) if layer.input_count == layer.output_count]
    for numbers in [[n] for n in square] + ([square] if len(square) > 1 else []):
        changed = network
        for number in numbers:
            changed = _changed(changed, number, weights=layers[number - 1].weights.T)
        names = " and ".join(map(str, numbers))
        yield f"layer {names} with its weights transposed gives y", changed.forward
    for number, layer in enumerate(layers, start=1):
        if np.any(layer.bias):
            changed = _changed(network, number, bias=np.zeros_like(layer.bias))
            yield f"layer {number} without its bias gives y", changed.forward
    count = network.input_count
    for rows in range(2, count // 2 + 1):
        if count % rows == 0:
            text = f"inputs ({rows}, {count // rows}) flattened in the other order give y"
            yield text, _transposed(network, rows)


def _changed(network: Network, number: int, **fields) -> Network:
    layers = list(network.layers)
    layers[number - 1] = replace(layers[number - 1], **fields)
    return network.with_layers(layers)


def _log_softmax(network: Network):
    def forward(x: np.ndarray) -> np.ndarray:
        y = network.forward(x)
        y = y - y.max(axis=1, keepdims=True)
        return y - np.log(np.exp(y).sum(axis=1, keepdims=True))

    return forward


def _transposed(network: Network, rows: int):
    return lambda x: network.forward(
        x.reshape(len(x), rows, -1).transpose(0, 2, 1).reshape(len(x), -1)
    )


def _of_outputs(y: np.ndarray, own: np.ndarray, tolerance: np.ndarray) -> str | None:
    """Explanations that assume that something else than the outputs was written as ``y``."""
    if is_one_hot(y):
        return (
            "y is one-hot; give the model's own outputs, such as model.predict(x), and classes as "
            "labels"
        )
    if np.all((y == 0) | (y == 1)):
        return "y is 0 and 1 only; give the model's own outputs, and decisions as labels"
    order = [
        int(np.argmin(np.abs(own - y[:, [k]]).max(axis=0))) for k in range(y.shape[1])
    ]
    if len(set(order)) == len(order) and np.all(
        np.abs(own[:, order] - y) <= tolerance[order]
    ):
        return f"y has the outputs in another order: {', '.join(map(str, order))}"
    rows = np.argsort(own[:, 0], kind="stable"), np.argsort(y[:, 0], kind="stable")
    if np.all(np.abs(own[rows[0]] - y[rows[1]]) <= tolerance):
        return "y has the samples in another order than x"
    return None


def _imprecise(
    network: Network, x: np.ndarray, y: np.ndarray, own: np.ndarray, tolerance: np.ndarray
) -> str | None:
    """Explanations by rounding and arithmetic that are too coarse to be excused."""
    apart, scale = np.abs(own - y).max(axis=0), output_scale(own)
    for rounding in roundings(y):
        half = half_step(rounding)
        if rounding.text != "in half precision" and np.all(apart <= tolerance + half):
            worst = int(np.argmax(half / np.where(scale > 0, scale, np.inf)))
            measure = "a standard deviation" if varies(own)[worst] else "a size"
            return f"y is {rounding.text}, too coarse beside {measure} of {scale[worst]:.2g}"
    inputs = inputs_error(network, x, _OUTPUTS)
    if inputs and np.all(apart <= tolerance + np.minimum(inputs[1], _COARSE * scale)):
        return f"{inputs[0]}, too coarse for outputs that are compared"
    for bits in HALF_PRECISION_BITS:
        error = _HALF * half_precision_error(network, x, bits, _OUTPUTS)
        error += np.abs(own).max(axis=0) * 2.0**-bits
        if np.all(apart <= tolerance + np.minimum(error, _COARSE * scale)):
            return "y seems to be computed in half precision, give float32 outputs"
    return None


def _scaled(network: Network, x: np.ndarray, y: np.ndarray, own: np.ndarray) -> str | None:
    """Explanations by how inputs were scaled in training; golden data tells that roughly."""
    rows = slice(0, 4 * _SAMPLES)
    spread = x.std(axis=0)
    low, reach = x.min(axis=0), np.ptp(x, axis=0)
    ways = {
        "standardised (each less its mean, by its standard deviation)": (
            x.mean(axis=0), np.where(spread > 0, spread, 1.0),
        ),
        "standardised (by one mean and standard deviation)": (x.mean(), x.std() or 1.0),
        "less their mean": (x.mean(axis=0), 1.0),
        "scaled to 0 to 1": (low, np.where(reach > 0, reach, 1.0)),
        "divided by 255": (0.0, 255.0),
        "divided by their greatest": (0.0, np.abs(x).max() or 1.0),
    }
    left = {}
    for name, (offset, scale) in ways.items():
        scaled = network.forward((x[rows] - offset) / scale)
        left[name] = np.sqrt(np.mean(np.square(scaled - y[rows])))
    name = min(left, key=left.get)
    scaled = network.forward((x - ways[name][0]) / ways[name][1])
    related = _agreement(scaled, y)
    remaining, before = (np.sqrt(np.mean(np.square(v - y))) for v in (scaled, own))
    if remaining <= _MOST * before or (
        related >= _LEAST_REACH and related > 0.5 + _agreement(own, y) / 2
    ):
        return (
            f"inputs {name} give y about: were they scaled so in training? Give x so scaled, or "
            "put the scaling into the first layer's weights"
        )
    return None


def _agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Least correlation of two sets of outputs (samples, outputs), output by output."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    size = np.sqrt(np.sum(a * a, axis=0) * np.sum(b * b, axis=0))
    return float(np.min(np.sum(a * b, axis=0) / np.where(size > 0, size, 1.0)))
