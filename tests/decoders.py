"""A generated decoder for each task: spike counts of neurons that are tuned to what moves.

All are trained by least squares or a few Newton steps, with nothing but numpy, on samples of their
own; golden data and the samples that they are judged on afterwards are new to them.
"""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.dense_view import DenseView
from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.models.task import Kind
from build_decoder.models.task_inference import stated_task
from tests.networks import dense, dense_chain

__all__ = ["DECODERS", "Decoder", "decoder"]

_TRAINED, _GOLDEN, _NEW = 4000, 2000, 20_000
_NEURONS = 48


@dataclass(frozen=True)
class Decoder:
    """A network, golden data that is new to it, and more new samples with their truth."""

    network: Network
    golden: GoldenData
    new: GoldenData


def decoder(name: str, *, seed: int = 0) -> Decoder:
    """The generated decoder called ``name``, one of `DECODERS`."""
    return DECODERS[name](np.random.default_rng(seed))


def _counts(
    random: np.random.Generator, latent: np.ndarray, *, depth: float = 0.4
) -> np.ndarray:
    """Spike counts (samples, neurons) of latent variables (samples, dimensions)."""
    tuning = random.normal(0, depth, (latent.shape[1], _NEURONS))
    return random.poisson(np.exp(np.minimum(1.0 + latent @ tuning, 4.0))).astype(np.float64)


def _solved(x: np.ndarray, target: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights (inputs, outputs) and bias of least squares."""
    mean, middle = x.mean(axis=0), target.mean(axis=0)
    centred = x - mean
    square = centred.T @ centred + ridge * len(x) * np.eye(x.shape[1])
    weights = np.linalg.solve(square, centred.T @ (target - middle))
    return weights, middle - mean @ weights


def _logistic(x: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (inputs, labels) and bias of logistic regression, by Newton's method."""
    ones = np.hstack([x, np.ones((len(x), 1))])
    found = np.zeros((ones.shape[1], target.shape[1]))
    for label in range(target.shape[1]):
        for _ in range(8):
            p = 1 / (1 + np.exp(-ones @ found[:, label]))
            gradient = ones.T @ (target[:, label] - p) - 1e-2 * found[:, label]
            square = (ones * (p * (1 - p))[:, None]).T @ ones + 1e-2 * np.eye(ones.shape[1])
            found[:, label] += np.linalg.solve(square, gradient)
    return found[:-1], found[-1]


def _hidden(random: np.random.Generator, x: np.ndarray, units: int, activation: str):
    """A random hidden layer of ``units``, scaled to inputs ``x``."""
    weights = random.normal(0, 1, (x.shape[1], units)) / (x.std() * np.sqrt(x.shape[1]))
    return dense(units, activation, weights, -x.mean(axis=0) @ weights)


def _finished(
    name: str, layers: list[DenseView], x: np.ndarray, truth: np.ndarray, kind: Kind, thresholds=()
) -> Decoder:
    network = dense_chain(name, x.shape[1], tuple(layers))
    task = stated_task(kind, thresholds, network, source="tests")
    y = network.forward(x)
    regression = kind is Kind.REGRESSION
    all_ = GoldenData(
        x,
        y,
        None if regression else truth.astype(np.int64),
        np.arange(len(x)) % 4 == 0,
        task,
        truth if regression else None,
    )
    rows = np.arange(len(x))
    return Decoder(
        network,
        all_.select((rows >= _TRAINED) & (rows < _TRAINED + _GOLDEN)),
        all_.select(rows >= _TRAINED + _GOLDEN),
    )


def _latent(random: np.random.Generator, dimensions: int) -> np.ndarray:
    return random.normal(size=(_TRAINED + _GOLDEN + _NEW, dimensions))


def _velocity(random: np.random.Generator) -> Decoder:
    """Cursor velocity, cm/s, by a linear decoder."""
    latent = _latent(random, 2)
    x, truth = _counts(random, latent), latent * [12.0, 8.0]
    weights, bias = _solved(x[:_TRAINED], truth[:_TRAINED], 1e-3)
    return _finished(
        "velocity", [dense(2, "linear", weights, bias)], x, truth, Kind.REGRESSION
    )


def _position(random: np.random.Generator) -> Decoder:
    """Position on a screen, pixels, which is far from zero, and a depth that is not."""
    latent = _latent(random, 3)
    x, truth = _counts(random, latent), latent * [260.0, 140.0, 0.3] + [960.0, 540.0, 0.0]
    weights, bias = _solved(x[:_TRAINED], truth[:_TRAINED], 1e-3)
    return _finished(
        "position", [dense(3, "linear", weights, bias)], x, truth, Kind.REGRESSION
    )


def _angles(random: np.random.Generator) -> Decoder:
    """Four joint angles, rad, by a network with a hidden layer."""
    latent = _latent(random, 3)
    x = _counts(random, latent)
    mixed = np.tanh(latent @ random.normal(size=(3, 4)))
    truth = mixed * [0.2, 0.8, 1.4, 0.05] + [1.5, 0.0, -0.7, 0.1]
    hidden = _hidden(random, x, 64, "tanh")
    weights, bias = _solved(hidden.forward(x[:_TRAINED]), truth[:_TRAINED], 1e-4)
    layers = [hidden, dense(4, "linear", weights, bias)]
    return _finished("angles", layers, x, truth, Kind.REGRESSION)


def _force(random: np.random.Generator) -> Decoder:
    """One force, N, never negative, that the float network decodes with an R2 of about 0.95."""
    latent = _latent(random, 1)
    x, truth = _counts(random, latent, depth=0.62), np.maximum(6.0 + 5.0 * latent, 0.0)
    hidden = _hidden(random, x, 24, "tanh")
    weights, bias = _solved(hidden.forward(x[:_TRAINED]), truth[:_TRAINED], 1e-4)
    layers = [hidden, dense(1, "relu", weights, bias)]
    return _finished("force", layers, x, truth, Kind.REGRESSION)


def _labels(random: np.random.Generator) -> Decoder:
    """Four muscles, each active or not."""
    latent = _latent(random, 4)
    x = _counts(random, latent)
    truth = latent + 0.3 * latent[:, ::-1] > [0.0, 0.5, 1.0, -0.5]
    hidden = _hidden(random, x, 32, "relu")
    weights, bias = _logistic(hidden.forward(x[:_TRAINED]), truth[:_TRAINED].astype(float))
    layers = [hidden, dense(4, "sigmoid", weights, bias)]
    return _finished("labels", layers, x, truth, Kind.LABELS)


def _binary(random: np.random.Generator, activation: str, thresholds=()) -> Decoder:
    latent = _latent(random, 2)
    x = _counts(random, latent)
    truth = latent[:, :1] + 0.5 * latent[:, 1:] > 0.4
    weights, bias = _logistic(x[:_TRAINED], truth[:_TRAINED].astype(float))
    layer = dense(1, activation, weights, bias)
    return _finished("binary", [layer], x, truth, Kind.BINARY, thresholds)


DECODERS = {
    "velocity": _velocity,
    "position": _position,
    "angles": _angles,
    "force": _force,
    "labels": _labels,
    "binary": lambda random: _binary(random, "linear"),
    "alarm": lambda random: _binary(random, "sigmoid", (0.2,)),
}
"""Generated decoders by name."""
