"""Small continuous networks with random weights, and their integer models."""

from functools import cache

import numpy as np

from build_decoder.models import Architecture, Input, Network, Node
from build_decoder.models.carried import carried
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.esn import Esn
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.task import Kind
from build_decoder.models.task_inference import stated_task
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from tests.architectures import random_network

__all__ = ["KINDS", "SHAPE", "network", "quantised", "steps_of"]

SHAPE = (1, 4)
KINDS = {
    "gru": (Gru(3, False), Dense(2, "linear")),
    "lstm": (Lstm(3, False), Dense(2, "linear")),
    "two": (Gru(3, True), Lstm(2, False), Dense(2, "tanh")),
    "esn": (Esn(5, True, leak_bits=2), Esn(1, False), Dense(2, "linear")),
}


def network(kind: str) -> Network:
    """Layers in a row that take a step at a time."""
    nodes = tuple(
        Node(f"l{n}", (f"l{n - 1}" if n else "x",), layer) for n, layer in enumerate(KINDS[kind])
    )
    made = random_network(Architecture(kind, (Input("x", SHAPE),), carried(nodes)))
    task = stated_task(Kind.REGRESSION, (), made, source="tests")
    return Network(made.name, made.inputs, made.nodes, task)


def steps_of(count: int, seed: int = 1) -> np.ndarray:
    """Real inputs (count, channels)."""
    return np.random.default_rng(seed).uniform(-1, 1, (count, SHAPE[1]))


@cache
def quantised(
    kind: str, *, count: int = 40, bits: int = 7, headroom: int | None = None
) -> tuple[IntegerModel, np.ndarray]:
    """The integer model in narrow formats, and raw inputs of so many steps; with ``headroom`` for
    weights that are written, or constants."""
    x = steps_of(count)
    formats = {
        key: QFormat(found.integer, max(bits, found.integer + 1) - found.integer, found.signed)
        for key, found in analyse_ranges(network(kind), x).items()
    }
    model = integer_model(network(kind), formats, headroom=headroom)
    return model, model.quantise_input(x)
