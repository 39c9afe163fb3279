"""Random small decoders of continuous movement: with states, and radial basis functions."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models import Architecture, Input, Network, Node
from build_decoder.models.carried import carried
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.esn import Esn
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.rbf import Rbf
from build_decoder.models.task import Kind
from build_decoder.models.task_inference import stated_task
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_formats import random_decoder
from build_decoder.sim.random_recurrent import random_weights

__all__ = ["CONTINUOUS", "Continuous"]

_MOST_CHANNELS, _MOST_UNITS, _MOST_LEAK_BITS = (5, 30), 6, 4


@dataclass(frozen=True)
class Continuous:
    """Draws decoders whose first layer is of one type, with mostly a dense layer behind it.

    Those with states take a step a frame, of 1 to 5 channels, or up to 30, and have at times a
    second layer with states. One of radial basis functions takes as many values, and keeps none.

    Parameters
    ----------
    cell
        ``Lstm``, ``Gru``, ``Esn`` or ``Rbf``.
    """

    cell: type

    def __call__(self, random: np.random.Generator, *, name: str = "random") -> ColumnNetwork:
        """A network; formats are often too narrow at either end, and foldings are any."""
        return random_decoder(random, self.network(random, name))

    def network(self, random: np.random.Generator, name: str) -> Network:
        """The network in floats."""
        channels = _size(random, int(random.choice(_MOST_CHANNELS)))
        read_out = [Dense(_size(random, 3), "linear")] if random.random() < 0.7 else []
        if self.cell is Rbf:
            layers = [Rbf(_size(random, _MOST_UNITS)), *read_out]
            shape: tuple[int, ...] = (channels,)
        else:
            two = random.random() < 0.4
            layers = [_with_states(random, self.cell, two)]
            if two:
                layers.append(_with_states(random, (Lstm, Gru, Esn)[random.integers(3)], False))
            layers, shape = layers + read_out, (1, channels)
        nodes = tuple(
            Node(f"l{n}", (f"l{n - 1}" if n else "x",), layer) for n, layer in enumerate(layers)
        )
        nodes = nodes if self.cell is Rbf else carried(nodes)
        made = random_weights(random, Architecture(name, (Input("x", shape),), nodes))
        task = stated_task(Kind.REGRESSION, (), made, source=name)
        return Network(made.name, made.inputs, made.nodes, task)


CONTINUOUS = tuple(map(Continuous, (Lstm, Gru, Esn, Rbf)))
"""Every type."""


def _with_states(random, cell: type, sequences: bool):
    units = _size(random, _MOST_UNITS)
    if cell is Esn:
        return Esn(units, sequences, leak_bits=int(random.integers(_MOST_LEAK_BITS)))
    return cell(units, sequences)


def _size(random, most: int) -> int:
    return int(random.integers(1, most, endpoint=True))
