"""Networks for tests of rewrites, short to write, and what rewrites make of them."""

from dataclasses import replace

import numpy as np

from build_decoder.models import Input, Network, Node, Task
from build_decoder.models.architecture import Architecture
from build_decoder.models.layer import Layer
from build_decoder.models.rewrites import rewrite
from tests.architectures import random_network

__all__ = ["applied", "assert_left_alone", "chain", "layers_of", "make"]


def make(*nodes: Node, weights=None, task: Task | None = None, **inputs) -> Network:
    """A network of `nodes` on `inputs` (shapes by name) with random weights, or `weights`."""
    given = tuple(Input(name, shape) for name, shape in inputs.items())
    network = random_network(Architecture("made", given, nodes))
    for name, arrays in (weights or {}).items():
        network = replace(
            network,
            nodes=tuple(
                replace(node, weights={**node.weights, **arrays}) if node.name == name else node
                for node in network.nodes
            ),
        )
    return replace(network, task=task)


def chain(shape: tuple[int, ...], *layers: Layer, weights=None, task=None) -> Network:
    """Layers a, b, c and so on, one after the other, on the input x."""
    names = ["x", *"abcdefgh"]
    nodes = (Node(names[n + 1], (names[n],), layer) for n, layer in enumerate(layers))
    return make(*nodes, weights=weights, task=task, x=shape)


def layers_of(network: Network) -> list[tuple[str, tuple[str, ...], str]]:
    """Name, inputs and type of each layer."""
    return [(node.name, node.inputs, type(node.layer).__name__) for node in network.nodes]


def _assert_same(network: Network, rewritten: Network) -> None:
    x = np.random.default_rng(3).normal(size=(5, network.input_count))
    wanted = network.forward(x)
    assert np.abs(rewritten.forward(x) - wanted).max() <= 1e-9 * np.abs(wanted).max()


def applied(network: Network, **options) -> dict[str, str]:
    """Notes behind the colon, by name of the rewrite; outputs are compared where they stay."""
    rewritten = rewrite(network, **options)
    if rewritten.keeps_outputs:
        _assert_same(network, rewritten.network)
    return {each.name: each.note.split(": ", 1)[1] for each in rewritten.applied}


def assert_left_alone(network: Network, **options) -> None:
    """Nothing applies to the network: it comes out itself."""
    rewritten = rewrite(network, **options)
    assert rewritten.network is network
    assert rewritten.applied == ()
    assert rewritten.keeps_outputs
