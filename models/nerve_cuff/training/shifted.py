"""Fills up training sets with shifted, noisier copies of single signatures."""

import numpy as np

from build_decoder.models.nerve_cuff.recordings.gain import normalise

__all__ = ["augment_by_shifts"]

_MOST = 3  # samples; detection places a peak no more exactly than that
_NOISE = 0.25  # of the signature's own RMS


def augment_by_shifts(
    spatial: np.ndarray, labels: np.ndarray, *, per_class: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Signatures of a training set, filled up to `per_class` of each class.

    A new signature is a measured one, moved in time by up to 3 samples, with white noise. The
    paper adds noise to the mean of a class (`models.nerve_cuff.recordings.augment`): where the
    members of a class differ by more than noise, their mean is like none of them.

    Parameters
    ----------
    spatial:
        Signatures, (signatures, channels, samples), at most `per_class` of each class.
    labels:
        Their classes, (signatures,).

    Returns
    -------
    Signatures, float32, and labels: those that were given first, in their order, then the new ones.
    """
    rng = np.random.default_rng(seed)
    parts, new_labels = [spatial], [labels]
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        missing = per_class - len(members)
        copies = spatial[rng.choice(members, missing)]
        shifts = rng.integers(-_MOST, _MOST + 1, missing)
        columns = np.arange(spatial.shape[2]) - shifts[:, None]
        columns = np.clip(columns, 0, spatial.shape[2] - 1)  # the first or last sample goes on
        copies = np.take_along_axis(copies, columns[:, None, :], axis=2)
        size = _NOISE * np.sqrt(np.square(copies).mean(axis=(1, 2), keepdims=True))
        parts.append(normalise(copies + size * rng.standard_normal(copies.shape, np.float32)))
        new_labels.append(np.full(missing, label))
    return np.concatenate(parts).astype(np.float32), np.concatenate(new_labels)
