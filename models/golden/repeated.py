"""Samples that are held out, and searched on as well: a warning, unless chance accounts for them.

Copies need not be equal to the last bit: a recording that went through float32, or through a scaler
and back, differs by rounding. And equal samples need not be copies: where there are few possible
ones, such as integers that follow one common signal, they come again by themselves. The distance
to the nearest *other* samples tells the two apart: by chance samples are equal only where many
others nearly are.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from build_decoder.models.spread import standard_deviation

if TYPE_CHECKING:
    from build_decoder.models.golden import GoldenData

__all__ = ["repeated_told"]

_MANY = 0.1
"""Part of the samples held out that others repeat, from which on it is told."""

_BY_CHANCE = 0.1
"""Part of these repetitions that chance may account for."""

_OFTEN = 0.05
"""Part of all samples from which on equal ones are a state of the recording, such as silence..."""

_COPIES = 10
"""...if they are more than this: nobody is accused for a few samples out of few."""

_NOISE = 1e-6
"""Differences between copies at the most, in the spread of an input..."""

_ROUNDING = 2.0**-23
"""...or in its greatest value: float32 does not hold less."""

_DIRECTIONS = 3
"""Directions in which rows are compared: two that differ are alike in one by chance, not in all."""

_REACH = 4.0
"""Differences of copies along a direction, in what independent noise brings."""

_JUDGED = 256
"""Most repeated rows that are compared with all others."""

_BLOCK = 1 << 22
"""Most distances that are computed at a time."""


def repeated_told(golden: "GoldenData") -> Iterator[str]:
    """A warning, one line, where samples of ``golden`` that are held out repeat ones searched on,
    and there are more of them than chance brings.

    Where there are so few possible samples that data alone cannot tell copies from chance, nothing
    is said: what is held out is then as new as any sample that the decoder will meet.
    """
    # A sequence is one sample: its steps follow from each other.
    each = golden.steps or 1
    rows = golden.x.reshape(len(golden) // each, -1)
    held_out = golden.held_out[::each]
    # In parts of the greatest: inputs may be of any size.
    greatest = np.abs(rows).max(axis=0)
    rows = rows / np.where(greatest > 0, greatest, 1.0)
    noise = np.maximum(_NOISE * standard_deviation(rows), _ROUNDING)
    group = _groups(rows, noise)
    sizes = np.bincount(group)
    often = sizes > max(_COPIES, _OFTEN * len(rows))
    place = np.full(len(sizes), -1)  # first row of each group that is searched on
    searched = np.flatnonzero(~held_out)[::-1]
    place[group[searched]] = searched
    twice = np.flatnonzero(held_out & ~often[group] & (place[group] >= 0))
    count = int(np.count_nonzero(held_out))
    if len(twice) < max(_MANY * count, 2):
        return
    # One copy of each from here on, and so no noise.
    kept = place[place >= 0]
    expected = count * max(
        _chance_of_independent(rows[kept]),
        _chance_of_near(rows, noise, kept, place[group[twice]]),
    )
    if expected > _BY_CHANCE * len(twice):
        return
    what, first = "sequences" if golden.steps else "samples", int(twice[0])
    yield (
        f"{len(twice)} of {count} {what} held out have the same inputs as some that are searched "
        f"on, such as number {first} and number {place[group[first]]}: what is held out is to be "
        "new, and figures of it are no proof here; remove repeated ones, or hold all of a kind "
        "out together"
    )


def _groups(rows: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Numbers (samples,) from 0 that are equal for ``rows`` (samples, inputs) that differ by
    ``noise`` (inputs,) at the most.

    Sums of inputs with random weights are sorted and cut at all gaps that noise does not account
    for. So there is no grid whose lines could part two copies.
    """
    inputs = rows.shape[1]
    weights = np.random.default_rng(0).normal(size=(inputs, _DIRECTIONS))
    weights /= noise[:, None]
    group = np.zeros(len(rows), dtype=np.int64)
    for sums in (rows @ weights).T:
        order = np.lexsort((sums, group))
        gaps = np.diff(sums[order]) > _REACH * math.sqrt(inputs)
        cut = gaps | (np.diff(group[order]) > 0)
        group[order] = np.concatenate([[0], np.cumsum(cut)])
    return group


def _chance_of_independent(rows: np.ndarray) -> float:
    """Probability, at the most, that a row is among ``rows`` (samples, inputs), which are all
    different, had each input the values that it has there, drawn for itself."""
    count = len(rows)
    log = math.log(count)
    for column in rows.T:
        _, counts = np.unique(column, return_counts=True)
        # Pairs of rows: a value that none shares with another one is never met again.
        alike = int((counts * (counts - 1)).sum())
        if not alike:
            return 0.0
        log += math.log(alike / (count * (count - 1)))
    return math.exp(min(log, 0.0))


def _chance_of_near(
    rows: np.ndarray, noise: np.ndarray, kept: np.ndarray, repeated: np.ndarray
) -> float:
    """Probability that a row is equal to one searched on, by how near other ones come.

    In space of m dimensions, rows come ``t`` times nearer than the nearest other one with
    probability ``t**m``. Equal are rows that are less than half a step of their inputs apart.

    Parameters
    ----------
    rows
        All (samples, inputs).
    noise
        Differences between copies (inputs,).
    kept
        Numbers of rows searched on, one of each group.
    repeated
        Numbers of those of them that are repeated, as often as they are.
    """
    spread = standard_deviation(rows)
    varying = spread > 0
    if len(kept) < 2 or not varying.any():
        return 1.0
    repeated = np.unique(repeated)
    judged = np.random.default_rng(0).permutation(repeated)[:_JUDGED]
    scaled = rows[:, varying] / spread[varying]
    scaled -= scaled.mean(axis=0)
    nearest, distance = _nearest(scaled, judged, kept)
    # How many dimensions rows fill shows in how much nearer the nearest of many is than any one.
    # So many rows fill no more than are told apart by one bit in each.
    apart = math.sqrt(2 * np.count_nonzero(varying)) / float(np.median(distance))
    most = math.log2(len(kept))
    dimensions = max(math.log(len(kept)) / math.log(apart), 1.0) if apart > 1 else most
    steps = np.array([_step(column) for column in rows[kept][:, varying].T])
    steps = np.maximum(steps, noise[varying])
    differences = np.abs(rows[judged] - rows[nearest])[:, varying] / steps
    return float(0.5 / np.median(differences.max(axis=1))) ** min(dimensions, most)


def _step(column: np.ndarray) -> float:
    """Least difference between two values of ``column`` (samples,); 0 if there is one value."""
    values = np.unique(column)
    return float(np.diff(values).min()) if len(values) > 1 else 0.0


def _nearest(
    scaled: np.ndarray, judged: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the rows among ``kept`` that are nearest to each of ``judged``, itself left out,
    and their distances in ``scaled`` (samples, inputs)."""
    others = scaled[kept]
    squares = np.square(others).sum(axis=1)
    nearest = []
    for some in np.array_split(judged, math.ceil(len(judged) * len(kept) / _BLOCK)):
        # Without the square of the row itself, which is the same for all others.
        found = squares - 2 * (scaled[some] @ others.T)
        found[some[:, None] == kept] = np.inf
        nearest.append(kept[np.argmin(found, axis=1)])
    nearest = np.concatenate(nearest)
    return nearest, np.linalg.norm(scaled[judged] - scaled[nearest], axis=1)
