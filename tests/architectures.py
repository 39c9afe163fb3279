"""Small architectures, weights and inputs for tests."""

import numpy as np

from build_decoder.models.graph import Architecture, Input, Node
from build_decoder.models.graph.layers.attention import Attention
from build_decoder.models.graph.layers.bidirectional import Bidirectional
from build_decoder.models.graph.layers.concat import Concat
from build_decoder.models.graph.layers.conv2d import Conv2d
from build_decoder.models.graph.layers.dense import Dense
from build_decoder.models.graph.layers.dropout import Dropout
from build_decoder.models.graph.layers.flatten import Flatten
from build_decoder.models.graph.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.graph.layers.gru import Gru
from build_decoder.models.graph.layers.lstm import Lstm
from build_decoder.models.graph.layers.max_pool import MaxPool
from build_decoder.models.graph.layers.softmax import Softmax

__all__ = ["branched", "chain", "random_inputs", "random_weights"]


def chain(name: str, shape: tuple[int, ...], *built) -> Architecture:
    names = ["x", *(f"layer{number}" for number in range(1, len(built) + 1))]
    nodes = [Node(names[i + 1], (names[i],), layer) for i, layer in enumerate(built)]
    return Architecture(name, (Input("x", shape),), tuple(nodes))


def branched() -> Architecture:
    """Small, of nearly all types of layer, with sizes that no window divides."""
    return Architecture(
        "branched",
        (Input("image", (5, 7, 2)), Input("series", (6, 4))),
        (
            Node("conv", ("image",), Conv2d(3, (4, 3), "relu")),
            Node("pool", ("conv",), MaxPool((2, 2))),
            Node("average", ("pool",), GlobalAveragePool()),
            Node("flat", ("pool",), Flatten()),
            Node("lstm", ("series",), Lstm(3, True)),
            Node("both", ("lstm",), Bidirectional(Gru(2, True))),
            Node("attention", ("both",), Attention()),
            Node("last", ("series",), Bidirectional(Lstm(2, False))),
            Node("join", ("average", "flat", "attention", "last"), Concat()),
            Node("drop", ("join",), Dropout(0.25)),
            Node("dense", ("drop",), Dense(3, "tanh")),
            Node("softmax", ("dense",), Softmax()),
        ),
    )


def random_weights(architecture: Architecture, seed: int = 1):
    rng = np.random.default_rng(seed)
    return {
        node.name: {
            key: rng.normal(0, 0.5, shape).astype(np.float32)
            for key, shape in architecture.weight_shapes(node).items()
        }
        for node in architecture.nodes
        if architecture.weight_shapes(node)
    }


def random_inputs(architecture: Architecture, samples: int = 3):
    rng = np.random.default_rng(2)
    return {item.name: rng.normal(size=(samples, *item.shape)) for item in architecture.inputs}
