"""Samples near the decision boundary, which stand for the golden samples that could be lost."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network
from build_decoder.models.resources import resources
from build_decoder.quant.exercise import may_be_bred
from build_decoder.quant.margins import flip_rate
from build_decoder.quant.range_analysis import saturates

__all__ = [
    "NearBoundary", "blended_samples", "crossover_samples", "near_boundaries", "near_boundary",
]

_SHARE = (0.1, 0.9)
"""Least and greatest share of a bred sample's inputs that come from its second parent."""

_PAIRS = 8
"""Pairs drawn for each sample wanted, most of which may be decided alike."""

_BRED = 4096
"""Samples bred for all decisions together, of which those near the boundary are kept."""

_KEPT = 1024
"""Most bred samples that are kept."""

_LEAST_KEPT = 128
"""Samples that each of many decisions gets at least."""

_KEPT_MACS = 1 << 31
"""Most multiplications of a run on all samples that are kept, which a search runs again and again:
large networks get fewer samples, but never fewer than :data:`_LEAST_KEPT`."""

_LEAST_BRED = 1024
"""Samples bred for each of many decisions at once."""

_BRED_MACS = 1 << 33
"""Most multiplications of a run on all waveforms that are bred at once."""

_FINEST = 20
"""Most fraction bits of a grid that inputs are taken to lie on."""

_ROUNDS = 8
"""Most times that samples are bred for one decision."""

_TAIL = 32
"""How many golden samples of smallest margin are replaced by bred ones: as few as still tell which
part of all samples comes near the boundary."""

_CROWDED = 2.0
"""How many times more of new data may lie near the boundary than an even spread has there: of
networks trained on recordings, up to 2.3 times as much did."""

_RISING = {
    "sigmoid": lambda y: float(np.log(y / (1 - y))) if 0 < y < 1 else np.inf * np.sign(y - 0.5),
    "tanh": lambda y: float(np.arctanh(y)) if abs(y) < 1 else np.inf * np.sign(y),
}
"""Inverse of each activation that rises and saturates."""

_TOO_GOOD = 0.97
"""Accuracy of the float model on golden data from which on it may be its training data."""

_SUSPICIOUS = 2.0
"""Golden data is suspected to be training data if it has this many times fewer samples near the
boundary than an even spread would have there."""


@dataclass(frozen=True)
class NearBoundary:
    """Samples of small margin, and the fraction of all samples that they stand for.

    Attributes
    ----------
    decision
        Number of the decision whose boundary this is.
    samples
        The samples, in ascending order of their margins, which are all positive.
    share
        The fraction of all samples that they stand for.
    counted
        The fraction of golden data with margins up to `reach`.
    even
        The fraction that would have such margins if margins were as frequent near the boundary as
        farther out; 0 where golden data is not suspected to be training data.
    reach
        Greatest margin of the golden samples that they stand for.
    rows
        Numbers of these samples in golden data (samples,); None if they were bred.
    """

    decision: int
    samples: GoldenData
    share: float
    counted: float
    even: float = 0.0
    reach: float = 0.0
    rows: np.ndarray | None = None

    @cached_property
    def decided(self) -> np.ndarray:
        """Decisions (samples, decisions) of each sample."""
        return self.samples.task.decisions(self.samples.y)

    @cached_property
    def margins(self) -> np.ndarray:
        """Margin (samples,) of each sample."""
        return self._margins(self.samples.y)

    def _margins(self, y: np.ndarray) -> np.ndarray:
        return self.samples.task.margin(y, self.decided, self.decision)

    def flips(self, y: np.ndarray) -> float:
        """Decisions expected to change, as a fraction of all, where outputs become ``y``: at least,
        where some outputs are not known yet, NaN."""
        if not self.share:
            return 0.0
        return self.share * flip_rate(self.margins, self.margins - self._margins(y))

    @property
    def looks_trained(self) -> bool:
        """Whether golden data looks like data that the network was trained on."""
        return self.even > 0 and self.even >= _SUSPICIOUS * self.counted

    def advice(self) -> str:
        """The warning for the user where golden data `looks_trained`."""
        return (
            f"golden data looks like data that the network was trained on, or like a very easy "
            f"problem: {self.counted:.1%} of its decisions lie within {self.reach:.3g} of the "
            f"boundary, where an even spread would have {self.even:.1%}. Formats are made finer, "
            f"for {self.share:.1%}, and accuracy shown here says nothing of new data: give data "
            "that the network has not seen"
        )


def near_boundaries(network: Network, golden: GoldenData) -> list[NearBoundary]:
    """The samples near the boundary of each decision; an empty list for a regression."""
    count = golden.task.decisions(golden.y[:1]).shape[1]
    return [near_boundary(network, golden, decision, of=count) for decision in range(count)]


def near_boundary(
    network: Network, golden: GoldenData, decision: int = 0, *, of: int = 1
) -> NearBoundary:
    """Samples on which to estimate how many of ``network``'s decisions a change of formats changes.

    Only decisions of small margin change, and golden data has so few of them that counting the
    changed ones says little. So many bred samples (:func:`crossover_samples`) with margins in the
    same range stand for the golden samples of smallest margin. Golden data tells which part of all
    samples lies in that range, the bred samples tell which part of that range changes. This
    estimate changes smoothly with the formats, and uses no sample that a search could overfit.
    Where bred samples come nearer to the boundary than recorded ones, the estimate is too high,
    which is safe.

    Training moves samples away from the boundary, but only the samples trained on. Golden data may
    be training data if it has no labels, or if nearly all of its decisions are right. If it then
    has far fewer samples near the boundary than farther out (:func:`_even_share`), new data is
    assumed to have more there than golden data.

    Too few samples can be bred if nearly all of ``golden`` is decided alike. Then golden samples
    of smallest margin stand for themselves. Samples of ``golden`` that are held out were bred
    (:mod:`quant.exercise`): they serve as parents, but are not counted.

    Parameters
    ----------
    decision, of
        Number of the decision, and how many decisions share the samples that are bred.
    """
    recorded = golden.search
    decided = golden.task.decisions(recorded.y)
    margins = golden.task.margin(recorded.y, decided, decision)
    # A sample that the float model does not decide itself has no decision to lose.
    order = np.argsort(margins, kind="stable")
    order = order[margins[order] > 0]
    tail = margins[order[:_TAIL]]
    reach = float(tail[-1]) if len(tail) else 0.0
    rows = None
    near = _bred(network, golden, decision, reach, of)
    if len(near) < len(tail):
        order = order[: _most_kept(network)]
        near = recorded.select(order)
        rows = np.flatnonzero(~golden.held_out)[order]
        reach = float(margins[order[-1]])
        tail = margins[order]
    counted = len(tail) / len(recorded)
    even = 0.0
    if _may_be_trained_on(recorded, decided, decision):
        even = _even_share(_unsaturated(network, recorded, decided, decision), len(tail))
    # Where golden data is not emptied, it is not suspected either, and tells the share itself.
    share = _CROWDED * even if even >= _SUSPICIOUS * counted else counted
    return NearBoundary(decision, near, min(share, 1.0), counted, even, reach, rows)


def _bred(
    network: Network, golden: GoldenData, decision: int, reach: float, of: int
) -> GoldenData:
    """Bred samples with margins up to ``reach``, ascending: few if few come so near."""
    wanted, count = max(_KEPT // of, _LEAST_KEPT), max(_BRED // of, _LEAST_BRED)
    breed = crossover_samples
    if not may_be_bred(network):
        breed = blended_samples
        wanted = min(wanted, _most_kept(network))
        count = min(count, max(_BRED_MACS // max(resources(network).macs, 1), _LEAST_KEPT))
    found = None
    for seed in range(_ROUNDS):
        bred = breed(network, golden, count=count, decision=decision, seed=seed)
        bred = _between(bred, decision, reach, wanted)
        found = bred if found is None else _joined(found, bred, decision, wanted)
        if len(found) >= _LEAST_KEPT or not len(bred):
            break
    return found


def _most_kept(network: Network) -> int:
    macs = resources(network).macs
    return min(max(_KEPT_MACS // max(macs, 1), _LEAST_KEPT), _KEPT)


def _joined(first: GoldenData, second: GoldenData, decision: int, count: int) -> GoldenData:
    both = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ("x", "y", "held_out")
    }
    return _between(replace(first, **both), decision, np.inf, count)


def _may_be_trained_on(golden: GoldenData, decided: np.ndarray, decision: int) -> bool:
    if golden.labels is None:
        return True
    return np.mean(decided[:, decision] == golden.labels[:, decision]) >= _TOO_GOOD


def _unsaturated(
    network: Network, golden: GoldenData, decided: np.ndarray, decision: int
) -> np.ndarray:
    """The margins above 0, ascending, taken before an output activation that saturates.

    Behind such an activation all samples far from the boundary have about the same margin, and the
    boundary would look as if training had emptied it.
    """
    task, y = golden.task, golden.y
    last = network.nodes[-1]
    activation = last.layer.activation if isinstance(last.layer, Dense) else "linear"
    if saturates(activation) and activation in _RISING:
        sums = replace(last, layer=replace(last.layer, activation="linear"))
        y = replace(network, nodes=(*network.nodes[:-1], sums)).forward(golden.x)
        inverse = _RISING[activation]
        task = replace(task, thresholds=tuple(inverse(t) for t in task.thresholds))
    margins = np.sort(task.margin(y, decided, decision))
    return margins[margins > 0]


def _even_share(margins: np.ndarray, count: int) -> float:
    """The fraction of samples that would have margins up to the ``count``-th of the ascending
    ``margins``, if such margins were no rarer than greater ones.

    Each wider range holds a known fraction of the samples; an even spread inside it gives the
    narrow range its part of that fraction. The greatest of these parts is returned: it is a lower
    bound of the least concave majorant of the margins' distribution at the ``count``-th margin.
    """
    if len(margins) <= count or not count:
        return 0.0
    farther = margins[count - 1 :]
    shares = np.arange(count, len(margins) + 1) / len(margins)
    return float(np.max(shares * (farther[0] / farther)))


def crossover_samples(
    network: Network, golden: GoldenData, *, count: int, decision: int = 0, seed: int = 0
) -> GoldenData:
    """``count`` samples whose inputs come, each at random, from one of two golden samples.

    Parents with different decisions have children of all margins, many of them small. Each input of
    a child is a recorded value, so that it lies on the inputs' grid and is as rare as in the
    recording; a mean of both parents would be less noisy than any recording. Labels are not used.

    Parameters
    ----------
    decision
        Number of the decision in which the parents differ.

    Returns
    -------
    GoldenData without labels, whose ``y`` are ``network``'s outputs. Fewer samples, perhaps none,
    if nearly all of ``golden`` is decided alike.
    """
    random = np.random.default_rng(seed)
    first, second = _parents(random, network, golden, count, decision)
    share = random.uniform(*_SHARE, size=(len(first), 1))
    # A row at a time: with many inputs, another array of all of them would be most of the memory.
    for child, other, part in zip(first, second, share, strict=True):
        np.copyto(child, other, where=random.random(len(child)) < part)
    x = first
    return GoldenData(x, network.forward(x), None, np.zeros(len(x), dtype=bool), golden.task)


def blended_samples(
    network: Network, golden: GoldenData, *, count: int, decision: int = 0, seed: int = 0
) -> GoldenData:
    """``count`` samples that are sums of two golden samples, for inputs of which only whole samples
    make sense, such as waveforms.

    Parents with different decisions are weighted by cosine and sine of a random angle, so that
    noise is as strong in the sum as in a parent: signals that overlap are such sums. Values stay
    within those of golden data, and on their grid. Labels are not used.

    Parameters and result are those of :func:`crossover_samples`.
    """
    random = np.random.default_rng(seed)
    first, second = _parents(random, network, golden, count, decision)
    angle = np.pi / 2 * random.uniform(*_SHARE, size=(len(first), 1))
    x = np.cos(angle) * first + np.sin(angle) * second
    step = _grid(golden.x)
    if step:
        x = np.round(x / step) * step
    x = np.clip(x, golden.x.min(), golden.x.max())
    return GoldenData(x, network.forward(x), None, np.zeros(len(x), dtype=bool), golden.task)


def _grid(x: np.ndarray) -> float:
    """The greatest power of two, at most 1, of which all values are multiples; 0 if there is
    none."""
    for bits in range(_FINEST + 1):
        scaled = np.ldexp(x.astype(np.float64), bits)
        if np.array_equal(scaled, np.round(scaled)):
            return 2.0**-bits
    return 0.0


def _parents(
    random: np.random.Generator, network: Network, golden: GoldenData, count: int, decision: int
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (``count``, inputs) of golden samples, and of others that are decided otherwise."""
    decided = golden.task.decisions(network.forward(golden.x))[:, decision]
    if len(golden.task.thresholds) and len(np.unique(decided)) == 2:
        # Drawn from either side: of a label that is rare, few pairs would lie apart.
        no, yes = (random.choice(np.flatnonzero(decided == side), count) for side in (0, 1))
        swapped = random.random(count) < 0.5
        first, second = np.where(swapped, yes, no), np.where(swapped, no, yes)
    else:
        first, second = random.integers(len(golden), size=(2, _PAIRS * count))
        apart = np.flatnonzero(decided[first] != decided[second])[:count]
        first, second = first[apart], second[apart]
    return golden.x[first], golden.x[second]


def _between(
    samples: GoldenData, decision: int, greatest: float, count: int
) -> GoldenData:
    """At most ``count`` of the ``samples`` with margins above 0, up to ``greatest``; ascending."""
    task = samples.task
    m = task.margin(samples.y, task.decisions(samples.y), decision)
    kept = np.flatnonzero((m > 0) & (m <= greatest))[:count]
    return samples.select(kept[np.argsort(m[kept], kind="stable")])
