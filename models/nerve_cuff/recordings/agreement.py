"""Whether nCAPs of stimuli of one class are alike: labels that slipped, or are others."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import stats

from build_decoder.models.nerve_cuff.recordings.checks.finding import Finding
from build_decoder.models.nerve_cuff.recordings.label_groups import LabelGroups, label_groups
from build_decoder.models.nerve_cuff.recordings.recording import Recording

__all__ = ["LabelAgreement", "exchanged_classes"]

_LEAST_SIGNATURES = 3  # of half a stimulus, of which a mean is judged
_LEAST_STIMULI = 6
_SLIPS = (-2, -1, 1, 2)  # stimuli
_EXPLAINED = 0.85  # of the stimuli agree with their class, once the slip is undone
_BETTER = 0.25  # that this has to be than without it
_MOST_STIMULI = 256  # of a long recording, taken at random: their means are kept in memory
_MOST_PLACES = 64  # of a slip that are tried
_CHANCE = 1e-3  # with which it may come about
_VERY_CLEAR = 0.95  # of half stimuli lie in their group, so that single ones can be judged
_CLEAR = 0.9  # of half stimuli lie in their group; below, labels have to be as good as chance
_WORSE = 0.25  # than by groups of like stimuli, from which labels say little of the nCAPs
_LEAST_UNCLEAR = 10  # stimuli, of which it takes as many where groups are not clear
_ONE_FILE = 0.9  # of whose stimuli agree, once classes are exchanged
_MOST_NAMED = 4


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
        """An error where labels slipped or are shuffled; a warning where single ones are wrong."""
        slipped = list(self._slipped())
        yield from slipped or self._others()

    def _others(self) -> Iterator[Finding]:
        """Stimuli whose nCAPs are those of another class."""
        groups, which = self._groups()
        if groups is None:
            return
        labels = self._classes[self._chosen[which]]
        wrong = np.flatnonzero((groups.labels != labels) & groups.sure)
        if not wrong.size:
            return
        worse = groups.grouped - groups.labelled >= _WORSE
        error = worse and groups.grouped >= _CLEAR
        unclear = worse and _by_chance(groups.labelled, labels)
        if not (error or unclear or groups.grouped >= _VERY_CLEAR):
            return
        times = ", ".join(f"{self._starts[which[at]]:.5g}" for at in wrong[:_MOST_NAMED])
        more = f" and {wrong.size - _MOST_NAMED} more" if wrong.size > _MOST_NAMED else ""
        what = "labels shuffled, or parts of the recording exchanged?" if worse else "mislabelled?"
        yield Finding(
            bool(error),
            "labels",
            f"{wrong.size} of {len(which)} stimuli have nCAPs as another class has them, at "
            f"{times}{more} s: {what}",
        )

    def _groups(self) -> tuple[LabelGroups | None, np.ndarray]:
        """Groups of the stimuli that have enough signatures, and which these are."""
        which = np.flatnonzero((self._counts.reshape(-1, 2) >= _LEAST_SIGNATURES).all(axis=1))
        labels = self._classes[self._chosen[which]]
        if len(which) < _LEAST_STIMULI or len(np.unique(labels)) < 2:
            return None, which
        return label_groups(*self.halves(which), labels), which

    def halves(self, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums of signatures of both halves of stimuli, and how many these are."""
        rows = (2 * which[:, None] + np.arange(2)).ravel()
        return self._sums[rows], self._counts[rows]

    def labelled(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`halves` of all stimuli that have enough signatures, and the classes of these."""
        which = np.flatnonzero((self._counts.reshape(-1, 2) >= _LEAST_SIGNATURES).all(axis=1))
        return *self.halves(which), self._classes[self._chosen[which]]

    def _slipped(self) -> Iterator[Finding]:
        """Labels from some stimulus on that are those of one before or after it."""
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


def _by_chance(part: float, labels: np.ndarray) -> bool:
    """Whether as few stimuli agree with their labels as by chance, and there are enough."""
    chance = np.square(np.bincount(labels) / len(labels)).sum()
    return bool(
        len(labels) >= _LEAST_UNCLEAR
        and part < chance + np.sqrt(chance * (1 - chance) / len(labels))
    )


def exchanged_classes(agreements: Sequence[LabelAgreement]) -> Iterator[tuple[int, Finding]]:
    """Recordings of one animal in which classes have each other's labels: which, and an error.

    Within one recording it is as if classes had other names. Beside others, nCAPs of one class are
    those of another one there.
    """
    each = [agreement.labelled() for agreement in agreements]
    sums, counts, labels = (np.concatenate(parts) for parts in zip(*each, strict=True))
    if len(labels) < _LEAST_STIMULI or len(np.unique(labels)) < 2:
        return
    groups = label_groups(sums, counts, labels)
    if groups is None or groups.grouped < _CLEAR:
        return
    edges = np.cumsum([0, *(len(own) for *_, own in each)])
    for number, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
        here, like = labels[start:end], groups.labels[start:end]
        if not len(here) or np.mean(here == like) >= 0.5:
            continue
        # As a whole another class: a recording that is unlike the others would be mixed.
        means = {label: np.bincount(like[here == label]).argmax() for label in np.unique(here)}
        if np.mean([means[label] == other for label, other in zip(here, like, strict=True)]) \
                >= _ONE_FILE and len(set(means.values())) == len(means):
            told = ", ".join(f"{a} is as {b}" for a, b in means.items() if a != b)
            yield number, Finding(
                True,
                "labels",
                f"nCAPs of classes are those of others in the other recordings, or there: {told}: "
                "do labels mean the same in all of them?",
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
