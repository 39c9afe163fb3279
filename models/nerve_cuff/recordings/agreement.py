"""Whether nCAPs of stimuli of one class are alike: labels that slipped by a stimulus."""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from build_decoder.models.nerve_cuff.recordings.checks.finding import Finding
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["LabelAgreement"]

_LEAST_SIGNATURES = 3  # of half a stimulus, of which a mean is judged
_LEAST_STIMULI = 6
_SLIPS = (-2, -1, 1, 2)  # stimuli
_EXPLAINED = 0.85  # of the stimuli agree with their class, once the slip is undone
_BETTER = 0.25  # that this has to be than without it
_MOST_STIMULI = 256  # of a long recording, taken at random: their means are kept in memory
_MOST_PLACES = 64  # of a slip that are tried
_CHANCE = 1e-3  # with which it may come about


class LabelAgreement:
    """Means of the signatures of each stimulus, compared with those of the other stimuli.

    Samples that were lost without a trace, such as a whole number of periods of the stimuli, leave
    nCAPs in stimuli of another class from there on. Each half of a stimulus, of every other nCAP,
    is given to the class whose other halves are nearest in the mean. Where that fails, and succeeds
    once the labels from some stimulus on are moved by one or two, they slipped.

    Parameters
    ----------
    recording, labels, peaks:
        A recording and its signatures' classes and places.
    """

    def __init__(self, recording: Recording, labels: np.ndarray, peaks: np.ndarray):
        starts = recording.stimulus_spans[:, 0]
        self._classes = recording.stimulus_classes
        chosen = np.arange(len(starts))
        if len(starts) > _MOST_STIMULI:
            chosen = np.random.default_rng(0).choice(len(starts), _MOST_STIMULI, replace=False)
        self._chosen = np.sort(chosen)
        self._starts = starts[self._chosen]
        place = np.full(len(starts), -1)
        place[self._chosen] = np.arange(len(self._chosen))
        self._place = place[np.searchsorted(starts, peaks / recording.rate, side="right") - 1]
        cuff = recording.cuff
        self._sums = np.zeros((2 * len(chosen), cuff.channels * cuff.samples), np.float32)
        self._counts = np.zeros(2 * len(chosen), np.int64)

    def add(self, here: np.ndarray, signatures: np.ndarray) -> None:
        """Take in signatures, (n, channels, samples); `here` says which they are."""
        halves = np.where(self._place[here] < 0, -1, 2 * self._place[here] + here % 2)
        for half in np.unique(halves[halves >= 0]):
            members = signatures[halves == half]
            self._sums[half] += members.sum(axis=0).ravel()
            self._counts[half] += len(members)

    def findings(self) -> Iterator[Finding]:
        """An error where labels slipped."""
        halves = np.flatnonzero(self._counts >= _LEAST_SIGNATURES)
        heard, stimulus = np.unique(halves // 2, return_inverse=True)
        if len(heard) < _LEAST_STIMULI:
            return
        means = self._sums[halves] / self._counts[halves, None]
        products = (means @ means.T).astype(np.float64)
        number = self._chosen[heard]
        plain = _agreement(products, self._classes[number[stimulus]])
        found = []
        places = np.linspace(1, len(heard) - 2, _MOST_PLACES).round().astype(int)
        for first in np.unique(places).tolist():
            for slip in _SLIPS:
                moved = (number + np.where(np.arange(len(heard)) >= first, slip, 0))[stimulus]
                inside = (moved >= 0) & (moved < len(self._classes))
                agreement = _agreement(
                    products[np.ix_(inside, inside)], self._classes[moved[inside]]
                )
                found.append((agreement, -abs(slip), first, slip, np.count_nonzero(inside)))
        best, _, first, slip, count = max(found)
        usual = max(plain, 1 / len(np.unique(self._classes)))
        chance = len(found) * stats.binom.sf(round(best * count) - 1, count, usual)
        if best >= _EXPLAINED and best - plain >= _BETTER and chance < _CHANCE:
            yield Finding(
                True,
                "clock",
                f"from about {self._starts[heard[first]]:.5g} s the nCAPs are those of "
                f"{abs(slip)} stimul{'us' if abs(slip) == 1 else 'i'} "
                f"{'later' if slip > 0 else 'earlier'} ({best:.0%} of them agree then, "
                f"{plain:.0%} as they are labelled): samples missing, or labels slipped?",
            )


def _agreement(products: np.ndarray, classes: np.ndarray) -> float:
    """Part of the means that are nearest to the other means of their own class.

    `products` are those of the means with one another.
    """
    labels = np.unique(classes)
    member = (classes[:, None] == labels).astype(np.float64)
    squares = np.diag(products)
    counts = member.sum(axis=0)
    # Distance to the mean of a class without the stimulus itself: |x|^2 - 2 x.m + |m|^2.
    cross = products @ member
    total = (member * cross).sum(axis=0)
    left = counts - member
    own_cross = cross - member * squares[:, None]
    own_total = total - member * (2 * cross - squares[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = -2 * own_cross / left + own_total / np.square(left)
    distance = np.where(left > 0, distance, np.inf)
    return float(np.mean(labels[distance.argmin(axis=1)] == classes))
