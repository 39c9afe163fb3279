"""Decoders with states and their networks of other days, as folders: for commands."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from build_decoder.models import Architecture, Input, Network, Node, save_network
from build_decoder.models.carried import carried
from build_decoder.models.layer import Layer
from build_decoder.models.layers.dense import Dense
from build_decoder.models.task import Kind
from build_decoder.models.task_inference import stated_task
from tests.architectures import random_network

__all__ = ["other_weights", "save_steps", "save_windows", "stepwise", "windows"]

_STEPS, _CHANNELS = 6, 3


def windows(layers: Sequence[Layer]) -> Network:
    """A network of windows that ends in three classes."""
    return random_network(_in_a_row((*layers, Dense(3, "linear")), (_STEPS, _CHANNELS), tuple))


def stepwise(layers: Sequence[Layer]) -> Network:
    """A network that takes a step at a time and gives two values."""
    made = random_network(_in_a_row((*layers, Dense(2, "linear")), (1, _CHANNELS), carried))
    task = stated_task(Kind.REGRESSION, (), made, source="tests")
    return Network(made.name, made.inputs, made.nodes, task)


def _in_a_row(layers, shape, made: Callable) -> Architecture:
    nodes = [
        Node(f"l{n}", (f"l{n - 1}" if n else "x",), layer) for n, layer in enumerate(layers)
    ]
    return Architecture("states", (Input("x", shape),), made(nodes))


def other_weights(network: Network, seed: int, by: float = 0.05) -> Network:
    """The network of another day: weights that are trained changed ``by`` a fraction of their
    spread."""
    random = np.random.default_rng(seed)
    nodes = [
        replace(
            node,
            weights={
                name: array + random.normal(0, by * array.std(), array.shape)
                for name, array in node.weights.items()
            },
        )
        if node.weights and node.layer.trained
        else node
        for node in network.nodes
    ]
    return replace(network, name=f"day_{seed}", nodes=tuple(nodes))


def save_windows(folder: Path, network: Network, count: int = 400) -> Path:
    """Write it with golden windows."""
    x = np.random.default_rng(0).uniform(-1, 1, (count, _STEPS * _CHANNELS))
    return _save(folder, network, x, task="classes")


def save_steps(folder: Path, network: Network, sequences: int = 6, steps: int = 50) -> Path:
    """Write it with golden sequences."""
    x = np.random.default_rng(0).uniform(-1, 1, (sequences * steps, _CHANNELS))
    return _save(folder, network.in_sequences(steps), x, task="regression", steps=steps)


def _save(folder: Path, network: Network, x: np.ndarray, **more) -> Path:
    save_network(network, folder)
    y = network.forward(x)
    truth = {"labels": y.argmax(axis=1)} if "steps" not in more else {"targets": y}
    np.savez(folder / "golden.npz", x=x, y=y, **truth, **more)
    return folder
