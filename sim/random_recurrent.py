"""Random small networks of recurrent layers, in one direction or in both."""

from dataclasses import replace

import numpy as np

from build_decoder.hdl import layers as hardware
from build_decoder.hdl.layers import plan_type
from build_decoder.models import Architecture, Input, Network, Node
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.rewrites import rewrite
from build_decoder.quant.formats import integer_model
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_networks import PROBES, random_multipliers

__all__ = ["random_recurrent"]

_MOST_STEPS, _MOST_CHANNELS, _MOST_UNITS = 6, 5, 5
_MOST_PRODUCTS = 64
_BITS = 2, 10


def random_recurrent(random: np.random.Generator, *, name: str = "random") -> ColumnNetwork:
    """A network whose input has 1 to 6 steps of 1 to 5 channels.

    One or two LSTMs or GRUs, each in either direction or in both, then the last step or all steps,
    which go through an attention if there is hardware of it, and mostly a dense layer. Formats are
    around those that hold all values, often too narrow at either end. Foldings are any.
    """
    network = rewrite(_network(random, name), probabilities=False).network
    model = _quantised(random, network)
    shapes = {item.name: item.shape for item in model.inputs}
    choices = {}
    for node in model.nodes:
        taken = [shapes[source] for source in node.inputs]
        shapes[node.name] = node.layer.output_shape
        plans = list(plan_type(node.layer).options(node.layer, taken))
        if plans[0].multiplying is None:
            continue
        few = [plan for plan in plans if plan.multiplying.multipliers.blocks <= _MOST_PRODUCTS]
        plan = few[int(random.integers(len(few)))]
        units = random_multipliers(random, plan.multiplying)
        choices[node.name] = replace(plan, multipliers=units).choices
    return ColumnNetwork(model, choices)


def _network(random, name: str) -> Network:
    """In floats, with weights that lead anywhere in the range of activations."""

    def size(most: int) -> int:
        return int(random.integers(1, most, endpoint=True))

    attends = "attention" in hardware.names() and random.random() < 0.5
    sequences = bool(attends or random.random() < 0.5)
    last, nodes = "x", []
    count = size(2)
    for number in range(count):
        kind = Lstm if random.random() < 0.5 else Gru
        all_steps = sequences or number < count - 1
        layer = kind(size(_MOST_UNITS), all_steps, bool(random.random() < 0.3))
        if random.random() < 0.4:
            layer = Bidirectional(replace(layer, backward=False))
        nodes.append(Node(f"r{number}", (last,), layer))
        last = f"r{number}"
    if attends:
        nodes.append(Node("attention", (last,), Attention()))
    elif sequences:
        nodes.append(Node("flat", (last,), Flatten()))
    if random.random() < 0.7:
        nodes.append(Node("y", (nodes[-1].name,), Dense(size(3), "linear")))
    shape = size(_MOST_STEPS), size(_MOST_CHANNELS)
    architecture = Architecture(name, (Input("x", shape),), tuple(nodes))
    spread = float(random.choice((0.3, 1.0, 3.0)))
    weights = {
        node.name: {key: random.normal(0, spread, shape) for key, shape in shapes.items()}
        for node in nodes
        if (shapes := architecture.weight_shapes(node))
    }
    return Network.of(architecture, weights)


def _quantised(random, network: Network) -> IntegerModel:
    x = random.uniform(-1, 1, (PROBES, *network.inputs[0].shape))
    ranges = analyse_ranges(network, x)
    while True:
        formats = {key: _around(random, found) for key, found in ranges.items()}
        try:
            return integer_model(network, formats)
        except ValueError:
            # Something is wider than the widest format, far apart as formats can be.
            continue


def _around(random, found: QFormat) -> QFormat:
    """A format for the values of ``found``, at times an integer bit more or fewer."""
    width = int(random.integers(*_BITS, size=2, endpoint=True).max())
    integer = found.integer + int(random.choice((-1, 0, 0, 0, 1)))
    return QFormat(integer, width - integer, found.signed)
