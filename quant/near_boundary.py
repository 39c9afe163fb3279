"""Samples near the decision boundary: what stands for the golden samples that could be lost."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.golden import GoldenData, decisions
from models.network import Network
from quant.margins import flip_rate, margins

__all__ = ["NearBoundary", "crossover_samples", "near_boundary"]

_SHARE = (0.1, 0.9)
"""Least and greatest share of a bred sample's inputs that come from its second parent."""

_PAIRS = 8
"""Pairs drawn for each sample wanted, most of which may be decided alike."""

_BRED = 4096
"""Samples bred, of which those near the boundary are kept."""

_KEPT = 1024
"""Most of them that are kept."""

_TAIL = 32
"""Golden samples of smallest margin whose place bred ones take: as few as still tell what part of
all samples comes near the boundary."""


@dataclass(frozen=True)
class NearBoundary:
    """Samples of small margin, and the fraction ``share`` of all samples that they stand for.

    ``samples`` are ordered by the margins of their ``y``, ascending, all of them positive.
    """

    samples: GoldenData
    share: float

    @cached_property
    def decided(self) -> np.ndarray:
        """Decision (samples,) of each sample."""
        return decisions(self.samples.y)

    @cached_property
    def margins(self) -> np.ndarray:
        """Margin (samples,) of each sample."""
        return margins(self.samples.y, self.decided)

    def flips(self, y: np.ndarray) -> float:
        """Decisions expected to change, as a fraction of all, where outputs become ``y``."""
        if not self.share:
            return 0.0
        return self.share * flip_rate(self.margins, self.margins - margins(y, self.decided))


def near_boundary(network: Network, golden: GoldenData) -> NearBoundary:
    """Samples that tell which part of ``network``'s decisions on data such as ``golden`` changes.

    Only decisions of small margin change, and golden data has so few of them that a count of those
    that changed says little. So the golden samples of smallest margin are stood for by many that
    are bred (:func:`crossover_samples`) and have margins in the same range: golden data tells what
    part of all samples lies there, the bred ones what part of these changes. That is smooth in
    whatever is changed, and no sample on which a search could overfit takes part. It errs on the
    safe side where bred samples come nearer to the boundary than recorded ones.

    If nearly all of ``golden`` is decided alike, nothing can be bred, and all of it is taken.
    """
    own = np.sort(margins(golden.y, decisions(golden.y)))
    # A sample that the float model does not decide itself has no decision to lose.
    own = own[own > 0]
    tail = own[:_TAIL]
    near = crossover_samples(network, golden, count=_BRED)
    near = _between(near, tail[-1] if len(tail) else 0.0, _KEPT)
    if len(near) < len(tail):
        near, tail = _between(golden, np.inf, len(golden)), own
    return NearBoundary(near, len(tail) / len(golden))


def crossover_samples(
    network: Network, golden: GoldenData, *, count: int, seed: int = 0
) -> GoldenData:
    """``count`` samples whose inputs come, each at random, from one of two golden samples.

    Parents that are decided differently have children of all margins, of which many are small.
    Every input of a child is one that was recorded, so that it is on the inputs' grid and as rare
    as it is in the recording; a mean of both parents would be less noisy than any recording. Labels
    are neither needed nor looked at.

    Returns
    -------
    GoldenData without labels, whose ``y`` are ``network``'s outputs. Fewer samples, perhaps none,
    if nearly all of ``golden`` is decided alike.
    """
    random = np.random.default_rng(seed)
    decided = decisions(network.forward(golden.x))
    first, second = random.integers(len(golden), size=(2, _PAIRS * count))
    apart = np.flatnonzero(decided[first] != decided[second])[:count]
    first, second = golden.x[first[apart]], golden.x[second[apart]]
    share = random.uniform(*_SHARE, size=(len(apart), 1))
    x = np.where(random.random(first.shape) < share, second, first)
    return GoldenData(x, network.forward(x), None, np.zeros(len(x), dtype=bool))


def _between(samples: GoldenData, greatest: float, count: int) -> GoldenData:
    """At most ``count`` of the ``samples`` with margins above 0 up to ``greatest``, ascending."""
    m = margins(samples.y, decisions(samples.y))
    kept = np.flatnonzero((m > 0) & (m <= greatest))[:count]
    return samples.select(kept[np.argsort(m[kept], kind="stable")])
