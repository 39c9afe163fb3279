"""What a rewrite is, and what rewriting gives."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.layer import Layer
from build_decoder.models.network import Network

__all__ = ["Applied", "Change", "Rewrite", "Rewritten"]


@dataclass(frozen=True)
class Change:
    """One step of a rewrite.

    Parameters
    ----------
    network:
        The network after it.
    where:
        Names of the layers that it changed, for the user: ``norm into conv1``.
    """

    network: Network
    where: str


@dataclass(frozen=True)
class Rewrite:
    """An exact transformation of networks.

    Parameters
    ----------
    name:
        In ``report.json``.
    order:
        Rewrites of smaller numbers are tried first.
    title:
        What it does, for the user; a colon and the places follow.
    function:
        Does it in one place: ``function(network)`` is the change, or None where there is nothing
        to do. Each change must bring the network nearer to None.
    types:
        Types of layers that it takes out, moves, turns or gives other weights.
    keeps_outputs:
        Whether the outputs stay the same numbers, but for the rounding of floats. Otherwise the
        decisions alone stay.
    keeps_scores:
        Whether outputs of different samples can still be compared. Otherwise each sample's are
        scaled by a factor of its own, and are good for its decision alone.
    """

    name: str
    order: int
    title: str
    function: Callable[[Network], Change | None]
    types: tuple[type[Layer], ...]
    keeps_outputs: bool = True
    keeps_scores: bool = True


@dataclass(frozen=True)
class Applied:
    """A rewrite that did something: its name, and a line for the user."""

    name: str
    note: str


@dataclass(frozen=True)
class Rewritten:
    """A network after its rewrites.

    Parameters
    ----------
    network:
        Takes the same samples as the network before, in the same order.
    applied:
        The rewrites that did something, each once.
    keeps_outputs:
        Whether its outputs are those of the network before. Otherwise only its decisions are, and
        golden outputs have to be taken from it anew.
    """

    network: Network
    applied: tuple[Applied, ...]
    keeps_outputs: bool

    def golden_of(self, golden: GoldenData) -> GoldenData:
        """Golden data of the network before, with the outputs of this one where they differ."""
        if self.keeps_outputs:
            return golden
        with np.errstate(all="ignore"):
            return replace(golden, y=self.network.forward(golden.x))
