"""Random small networks whose recurrent layers in a row share multipliers."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from build_decoder.models import Architecture, Input, Node
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.rewrites import rewrite
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_formats import random_stacked_decoder
from build_decoder.sim.random_recurrent import random_weights

__all__ = ["STACKS", "Stack"]

_MOST_LAYERS, _MOST_STEPS, _MOST_CHANNELS, _MOST_UNITS = 3, 5, 8, 6


@dataclass(frozen=True)
class Stack:
    """Draws networks of two or three layers of one cell in a row, of any sizes.

    The last one gives its last step, or all of them, which attention takes or which are flattened.
    Mostly a dense layer follows, which may be one that decides by sums of attention.

    Parameters
    ----------
    cell
        ``Lstm`` or ``Gru``.
    alike
        Whether what goes through the cells has the same formats in each layer.
    """

    cell: type
    alike: bool

    def __call__(self, random: np.random.Generator, *, name: str = "random") -> ColumnNetwork:
        """A network; formats are often too narrow at either end, and foldings are any."""
        count = int(random.integers(2, _MOST_LAYERS, endpoint=True))
        end = (None, Attention(), Flatten())[int(random.integers(3))]
        nodes, last = [], "x"
        for number in range(count):
            sequences = number < count - 1 or end is not None
            units = int(random.integers(1, _MOST_UNITS, endpoint=True))
            nodes.append(Node(f"layer{number}", (last,), self.cell(units, sequences)))
            last = nodes[-1].name
        if end is not None:
            nodes.append(Node("end", (last,), end))
        if random.random() < 0.7:
            nodes.append(Node("y", (nodes[-1].name,), Dense(3, "linear")))
        shape = tuple(
            int(random.integers(1, most, endpoint=True)) for most in (_MOST_STEPS, _MOST_CHANNELS)
        )
        drawn = random_weights(random, Architecture(name, (Input("x", shape),), tuple(nodes)))
        rewritten = rewrite(drawn, decision=bool(random.random() < 0.5)).network
        return random_stacked_decoder(random, rewritten, alike=self.alike)


STACKS = tuple(Stack(*each) for each in product((Lstm, Gru), (False, True)))
"""Every combination of cell and formats."""
