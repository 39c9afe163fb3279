"""Why golden outputs may not be what the network gives: the explanations that can be tried."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

import models.activations
from models.network import Network

__all__ = ["explanation"]

_SAMPLES = 64
"""Samples on which an explanation is tried before it is tried on all."""

_MOST = 0.1
"""Part of the difference that an approximate explanation may leave."""

_LEAST_REACH = 0.9


def explanation(
    network: Network, x: np.ndarray, y: np.ndarray, own: np.ndarray, tolerance: np.ndarray
) -> str | None:
    """One explanation that fits, as text for the user; None if none does.

    Parameters
    ----------
    x, y
        Golden inputs (samples, inputs) and outputs (samples, outputs).
    own
        The network's outputs on ``x``.
    tolerance
        Greatest error (outputs,) of outputs that agree.
    """
    differing = np.flatnonzero((np.abs(own - y) > tolerance).any(axis=1))
    if (text := _single_rows(x, y, differing)) is not None:
        return text
    few = differing[:_SAMPLES]
    for text, forward in _exact(network):
        if all(
            np.all(np.abs(forward(x[rows]) - y[rows]) <= tolerance)
            for rows in (few, differing)
        ):
            return text
    return _of_outputs(y, own, tolerance) or _scaled(network, x, y, own)


def _single_rows(x: np.ndarray, y: np.ndarray, differing: np.ndarray) -> str | None:
    if list(differing) == [0] and len(y) > 1:
        for name, row in (("x", x[0]), ("y", y[0])):
            if len(row) > 1 and np.array_equal(row, np.arange(len(row))):
                return f"row 1 of {name} looks like a header, write the file without one"
        return "all others agree: is the first row a header?"
    return None


def _exact(network: Network) -> Iterator[tuple[str, object]]:
    """Explanations, each with a function from inputs to the outputs that it expects."""
    layers = network.layers
    for number, layer in enumerate(layers, start=1):
        for name in models.activations.names():
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
    return replace(network, layers=tuple(layers))


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
    """Explanations by what was written as outputs."""
    hot = np.all((y == 0) | (y == 1))
    if hot and y.shape[1] > 1 and np.all(y.sum(axis=1) == 1):
        return (
            "y is one-hot; give the model's own outputs, such as model.predict(x), and classes as "
            "labels"
        )
    if hot:
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


def _scaled(network: Network, x: np.ndarray, y: np.ndarray, own: np.ndarray) -> str | None:
    """Explanations by how inputs were scaled in training; golden data tells that roughly."""
    rows = slice(0, 4 * _SAMPLES)
    before = np.sqrt(np.mean(np.square(own[rows] - y[rows])))
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
    related = _agreement(network.forward((x - ways[name][0]) / ways[name][1]), y)
    if left[name] <= _MOST * before or (
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
