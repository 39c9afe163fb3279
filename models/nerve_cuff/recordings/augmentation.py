"""Fills up training sets with noisy copies of the mean signature of each class."""

import numpy as np

from build_decoder.models.nerve_cuff.recordings.gain import GAINS, WINDOW

__all__ = ["augment"]


def augment(
    spatial: np.ndarray,
    labels: np.ndarray,
    noise: np.ndarray,
    *,
    per_class: int,
    seed: int,
    gain: str = WINDOW,
) -> tuple[np.ndarray, np.ndarray]:
    """Signatures of a training set, filled up to `per_class` of each class (Section 2.1).

    A new signature is the mean of all signatures of its class plus noise that was sampled at
    random. The paper does not say from where: here it is recorded noise (`quiet_windows`), which
    has the correlations between contacts that real noise has, scaled so that its power is that of
    the signatures about their mean. Then it is scaled as all signatures are.

    Parameters
    ----------
    spatial:
        Signatures, (signatures, channels, samples).
    labels:
        Their classes, (signatures,).
    noise:
        Windows of noise, (windows, channels, samples).
    per_class:
        Signatures of each class that there shall be; 10,000 in the paper.
    gain:
        How signatures are scaled, of `GAINS`.

    Returns
    -------
    Signatures, float32, and labels: those that were given first, in their order, then the new ones.

    Raises
    ------
    ValueError
        A class has more than `per_class` already, or `noise` has no windows of the same shape or
        no power.
    """
    if not len(noise) or noise.shape[1:] != spatial.shape[1:]:
        raise ValueError(
            f"expected windows of noise of shape {spatial.shape[1:]}, got {len(noise)} of "
            f"{noise.shape[1:]}"
        )
    power = np.mean(np.square(noise, dtype=np.float64))
    if power == 0:
        raise ValueError("expected noise of some power, got zeros")
    rng = np.random.default_rng(seed)
    parts, new_labels = [spatial], [labels]
    for label in np.unique(labels):
        members = spatial[labels == label]
        missing = per_class - len(members)
        if missing < 0:
            raise ValueError(
                f"expected at most {per_class} signatures of class {label}, got {len(members)}"
            )
        mean = members.mean(axis=0, dtype=np.float64)
        scale = np.sqrt(np.mean((members - mean) ** 2) / power)
        drawn = noise[rng.integers(0, len(noise), missing)]
        parts.append(GAINS[gain](mean.astype(np.float32) + np.float32(scale) * drawn))
        new_labels.append(np.full(missing, label))
    return np.concatenate(parts).astype(np.float32), np.concatenate(new_labels)
