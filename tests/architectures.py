"""Small architectures, weights and inputs for tests."""

import numpy as np

from build_decoder.models.architecture import Architecture, Input, Node
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.network import Network

__all__ = ["branched", "chain", "random_inputs", "random_network", "random_weights"]


def chain(name: str, shape: tuple[int, ...], *built) -> Architecture:
    return Architecture.chain(name, shape, built)


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


def random_network(architecture: Architecture, seed: int = 1) -> Network:
    return Network.of(architecture, random_weights(architecture, seed))


def random_inputs(architecture: Architecture, samples: int = 3):
    """Samples of each input that does not repeat another one."""
    rng = np.random.default_rng(2)
    return {
        item.name: rng.normal(size=(samples, *item.shape)) for item in architecture.given_inputs
    }
