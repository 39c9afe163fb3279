"""Random small networks of recurrent layers, every combination of their kinds in turns."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from build_decoder.models import Architecture, Input, Network, Node
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.rewrites import rewrite
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_formats import random_decoder

__all__ = ["RECURRENT", "Recurrent", "random_weights"]

_MOST_STEPS, _MOST_CHANNELS, _MOST_UNITS = 6, (5, 30), 5


@dataclass(frozen=True)
class Recurrent:
    """Draws networks whose last recurrent layer is of one kind.

    The input has 1 to 6 steps of 1 to 5 channels, or up to 30. One recurrent layer of any kind goes
    before, at times. All steps are flattened, or attention takes them. Where the last step goes on
    and there is attention, that takes all steps of the layer before, and both are brought together.
    Mostly a dense layer follows.

    Parameters
    ----------
    cell
        ``Lstm`` or ``Gru``.
    both
        Whether it runs in both directions; otherwise in either one.
    sequences
        Whether it gives all steps, not the last one.
    attention
        Whether there is attention over steps.
    """

    cell: type
    both: bool
    sequences: bool
    attention: bool

    def __call__(self, random: np.random.Generator, *, name: str = "random") -> ColumnNetwork:
        """A network; formats are often too narrow at either end, and foldings are any."""
        return random_decoder(random, self.network(random, name))

    def network(self, random: np.random.Generator, name: str) -> Network:
        """The network in floats, as it is built."""
        return rewrite(self._network(random, name)).network

    def _network(self, random, name: str) -> Network:
        beside = self.attention and not self.sequences
        nodes, last = [], "x"
        if beside or random.random() < 0.5:
            nodes.append(Node("before", (last,), _any_layer(random)))
            last = "before"
        layer = self.cell(_size(random, _MOST_UNITS), self.sequences)
        if self.both:
            layer = Bidirectional(layer)
        elif random.random() < 0.5:
            layer = replace(layer, backward=True)
        nodes.append(Node("last", (last,), layer))
        if beside:
            nodes += [
                Node("attention", (last,), Attention()),
                Node("together", ("attention", "last"), Concat()),
            ]
        elif self.sequences:
            nodes.append(Node("steps", ("last",), Attention() if self.attention else Flatten()))
        if random.random() < 0.7:
            nodes.append(Node("y", (nodes[-1].name,), Dense(_size(random, 3), "linear")))
        shape = _size(random, _MOST_STEPS), _size(random, int(random.choice(_MOST_CHANNELS)))
        return random_weights(random, Architecture(name, (Input("x", shape),), tuple(nodes)))


RECURRENT = tuple(
    Recurrent(*each)
    for each in product((Lstm, Gru), (False, True), (False, True), (False, True))
)
"""Every combination of cell, directions, steps and attention."""


def random_weights(random: np.random.Generator, architecture: Architecture) -> Network:
    """A network whose weights lead anywhere in the range of activations."""
    spread = float(random.choice((0.3, 1.0, 3.0)))
    weights = {
        node.name: {key: random.normal(0, spread, shape) for key, shape in shapes.items()}
        for node in architecture.nodes
        if (shapes := architecture.weight_shapes(node))
    }
    return Network.of(architecture, weights)


def _any_layer(random):
    """A recurrent layer that gives all steps."""
    layer = (Lstm, Gru)[int(random.integers(2))](_size(random, _MOST_UNITS), True)
    if random.random() < 0.4:
        return Bidirectional(layer)
    return replace(layer, backward=bool(random.random() < 0.3))


def _size(random, most: int) -> int:
    return int(random.integers(1, most, endpoint=True))
