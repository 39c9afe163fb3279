"""Random small decoders with states whose weights are written at run time."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models import Network
from build_decoder.models.layers.rbf import Rbf
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_continuous import CONTINUOUS, Continuous
from build_decoder.sim.random_formats import random_decoder
from build_decoder.sim.random_recurrent import RECURRENT, Recurrent

__all__ = ["RELOADABLE", "Reloadable"]


@dataclass(frozen=True)
class Reloadable:
    """Draws decoders whose weights are written at run time, those of a reservoir aside.

    Parameters
    ----------
    kind
        What draws their networks.
    """

    kind: Recurrent | Continuous

    def __call__(self, random: np.random.Generator, *, name: str = "random") -> ColumnNetwork:
        """A network; formats are often too narrow at either end, and foldings are any."""
        network = self.kind.network(random, name)
        while not _trained(network):
            network = self.kind.network(random, name)
        return random_decoder(random, network, reloadable=True)


RELOADABLE = tuple(
    map(
        Reloadable,
        [
            *RECURRENT,
            *(kind for kind in CONTINUOUS if kind.cell is not Rbf),
        ],
    )
)
"""Windows of every combination of cell, directions, steps and attention, and continuous decoders of
every type with states."""


def _trained(network: Network) -> bool:
    return any(node.weights and node.layer.trained for node in network.nodes)
