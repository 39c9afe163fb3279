"""Groups of stimuli whose nCAPs are alike, found without their labels."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["LabelGroups", "label_groups"]

_STARTS = 20
_ROUNDS = 50
_SURE = 0.7  # of half stimuli that are nearest to the group of the whole one


@dataclass(frozen=True)
class LabelGroups:
    """How groups of like stimuli and their labels agree.

    Parameters
    ----------
    labels:
        Of each stimulus the class whose stimuli are those of its group, (stimuli,).
    sure:
        Whether both halves of a stimulus are nearest to its group, (stimuli,).
    grouped, labelled:
        Part of the half stimuli that are nearest to the other stimuli of their group, and of their
        own class.
    """

    labels: np.ndarray
    sure: np.ndarray
    grouped: float
    labelled: float


def label_groups(sums: np.ndarray, counts: np.ndarray, labels: np.ndarray) -> LabelGroups | None:
    """Groups of stimuli, as many as there are classes.

    Parameters
    ----------
    sums:
        Of the signatures of each half of a stimulus, (2 stimuli, values), halves next to each
        other.
    counts:
        How many signatures each half has.
    labels:
        Class of each stimulus, (stimuli,).

    Returns
    -------
    None where there are no clear groups: stimuli whose halves do not lie in the same one, or
    groups much smaller than classes.
    """
    products = (sums @ sums.T).astype(np.float64)
    classes, label = np.unique(labels, return_inverse=True)
    stimuli = len(label)
    whole = products.reshape(stimuli, 2, stimuli, 2).sum(axis=(1, 3))
    group = _grouped(whole, counts.reshape(-1, 2).sum(axis=1), label)
    if group is None:
        return None
    if np.bincount(group).min() < max(np.bincount(label).min() / 2, 2):
        return None
    nearest = _nearest(products, counts, group).reshape(-1, 2)
    right = nearest == group[:, None]
    if right.mean() < _SURE:
        return None
    both = np.zeros((len(classes), len(classes)))
    np.add.at(both, (group, label), 1)
    rows, columns = linear_sum_assignment(-both)
    means = classes[columns[np.argsort(rows)]]
    own = _nearest(products, counts, label).reshape(-1, 2) == label[:, None]
    return LabelGroups(means[group], right.all(axis=1), right.mean(), own.mean())


def _grouped(products: np.ndarray, counts: np.ndarray, label: np.ndarray) -> np.ndarray | None:
    """Groups with the least sum of squares, from the labels and from random stimuli."""
    number = int(label.max()) + 1
    means = products / counts[:, None] / counts
    squares = np.diag(means)
    apart = np.maximum(squares[:, None] + squares - 2 * means, 0)
    rng = np.random.default_rng(0)
    best, least = None, np.inf
    for start in range(_STARTS):
        group = label
        if start:
            seeds = [rng.integers(len(label))]
            while len(seeds) < number:
                chance = apart[:, seeds].min(axis=1) * counts
                if not chance.any():
                    return None
                seeds.append(rng.choice(len(label), p=chance / chance.sum()))
            group = apart[:, seeds].argmin(axis=1)
        for _ in range(_ROUNDS):
            distance = _distances(products, counts, group, number)
            before, group = group, distance.argmin(axis=1)
            if (before == group).all():
                break
        cost = (counts * (squares + distance.min(axis=1))).sum()
        if cost < least and len(np.unique(group)) == number:
            best, least = group, cost
    return best


def _distances(
    products: np.ndarray, counts: np.ndarray, group: np.ndarray, number: int
) -> np.ndarray:
    """Squares of distances to the groups' means, less those of the members, (members, groups)."""
    member = (group[:, None] == np.arange(number)).astype(np.float64)
    size = counts @ member
    cross = products @ member
    total = (member * cross).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = total / size**2 - 2 * cross / counts[:, None] / size
    return np.where(size > 0, distance, np.inf)


def _nearest(products: np.ndarray, counts: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Of each half of a stimulus the nearest group, from which the stimulus itself is left out."""
    number = int(group.max()) + 1
    member = (np.repeat(group, 2)[:, None] == np.arange(number)).astype(np.float64)
    cross = products @ member
    total = (member * cross).sum(axis=0)
    pair = np.arange(len(group)).repeat(2) * 2
    own = products[np.arange(len(products)), pair] + products[np.arange(len(products)), pair + 1]
    pair_cross = cross.reshape(-1, 2, number).sum(axis=1).repeat(2, axis=0)
    pair_own = own.reshape(-1, 2).sum(axis=1).repeat(2)
    size = counts @ member - member * counts.reshape(-1, 2).sum(axis=1).repeat(2)[:, None]
    left = total - member * (2 * pair_cross - pair_own[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = left / size**2 - 2 * (cross - member * own[:, None]) / counts[:, None] / size
    return np.where(size > 0, distance, np.inf).argmin(axis=1)
