"""Samples on the decision boundary, bred from golden data."""

import numpy as np

from models.golden import GoldenData, decisions
from models.network import Network
from quant.qformat import exact_fraction

__all__ = ["boundary_samples"]

_BISECTIONS = 12
_PAIRS = 8
"""Pairs drawn for each sample wanted, most of which may be decided alike."""


def boundary_samples(
    network: Network, golden: GoldenData, *, count: int, seed: int = 0
) -> GoldenData:
    """``count`` samples on which ``network`` hardly knows what to decide.

    Few golden samples lie near a decision boundary, where alone quantisation changes decisions, and
    a search soon fits formats to these few. Mixing two samples that are decided differently gives
    as many as are wanted: the mixture moves from one to the other, on the inputs' grid, up to where
    the decision changes. Inputs stay correlated as they are; labels are neither needed nor looked
    at.

    Returns
    -------
    GoldenData without labels, whose ``y`` are ``network``'s outputs. Fewer samples, perhaps none,
    if nearly all of ``golden`` is decided alike.
    """
    random = np.random.default_rng(seed)
    decided = decisions(network.forward(golden.x))
    first, second = random.integers(len(golden), size=(2, _PAIRS * count))
    apart = np.flatnonzero(decided[first] != decided[second])[:count]
    start, way = golden.x[first[apart]], golden.x[second[apart]] - golden.x[first[apart]]
    decided = decided[first[apart]]
    one = 2.0 ** exact_fraction(golden.x)

    def mixed(share: np.ndarray) -> np.ndarray:
        return np.floor((start + share[:, None] * way) * one + 0.5) / one

    low, high = np.zeros(len(apart)), np.ones(len(apart))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        same = decisions(network.forward(mixed(middle))) == decided
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    x = mixed(low)
    return GoldenData(x, network.forward(x), None, np.zeros(len(x), dtype=bool))
