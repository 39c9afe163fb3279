"""The data that a cell trains, validates and tests on."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.nerve_cuff.folds import deal_folds
from build_decoder.models.nerve_cuff.recordings import augment
from build_decoder.models.nerve_cuff.training.cells import Cell
from build_decoder.models.nerve_cuff.training.dataset import Dataset
from build_decoder.models.nerve_cuff.training.shifted import augment_by_shifts

__all__ = ["AUGMENTATIONS", "FOLD_SEED", "Split", "split"]

AUGMENTATIONS = ("mean", "shift")
FOLD_SEED = 0  # the folds are the same whatever the cell's seed

Part = tuple[np.ndarray, np.ndarray]  # signatures (signatures, channels, samples), and labels


@dataclass(frozen=True)
class Split:
    """The three parts of a cell's data, each signatures and labels.

    Parameters
    ----------
    train:
        `Cell.samples` signatures of each class: filled up with generated ones, or drawn.
    validation, test:
        Measured signatures only.
    """

    train: Part
    validation: Part
    test: Part


def split(cell: Cell, dataset: Dataset, *, validation: float) -> Split:
    """The parts of a cell's data (Section 2.1).

    The validation part is set aside before the training set is filled up, so that no generated
    signature is made from one that validates. Where there are more signatures of a class than
    `Cell.samples`, as many are drawn at random.

    Raises
    ------
    ValueError
        A class has too few signatures.
    """
    labels, classes = dataset.labels, dataset.cuff.classes
    if len(dataset.held_out):
        test = dataset.held_out
    else:
        parts = deal_folds(labels, classes=classes, folds=cell.folds, seed=FOLD_SEED)
        test = parts == cell.fold
    rng = np.random.default_rng([2, cell.seed, cell.fold])
    rest = rng.permutation(np.flatnonzero(~test))
    held = max(round(len(rest) * validation), 1)
    aside, rest = rest[:held], np.sort(rest[held:])
    if np.bincount(labels[rest], minlength=classes).min() < 2:
        raise ValueError("expected 2 signatures of each class to train on, got fewer")
    train = dataset.spatial[rest], labels[rest]
    if cell.samples:
        train = _filled(cell, dataset, train, rng)
    return Split(
        train, (dataset.spatial[aside], labels[aside]), (dataset.spatial[test], labels[test])
    )


def _filled(cell: Cell, dataset: Dataset, train: Part, rng: np.random.Generator) -> Part:
    spatial, labels = train
    chosen = [
        np.sort(rng.permutation(np.flatnonzero(labels == label))[: cell.samples])
        for label in range(dataset.cuff.classes)
    ]
    kept = np.sort(np.concatenate(chosen))
    spatial, labels = spatial[kept], labels[kept]
    seed = int(rng.integers(2**32))
    if cell.augmentation == "shift":
        return augment_by_shifts(spatial, labels, per_class=cell.samples, seed=seed)
    noise = dataset.noise if len(dataset.noise) else _residuals(spatial, labels)
    return augment(
        spatial, labels, noise, per_class=cell.samples, seed=seed, gain=dataset.gain
    )


def _residuals(spatial: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Deviations from the mean of each class: the noise of data that come without any."""
    residuals = np.empty_like(spatial)
    for label in np.unique(labels):
        members = labels == label
        residuals[members] = spatial[members] - spatial[members].mean(axis=0)
    return residuals
