"""Frames beside what the model that ran at their time makes of them, while images are loaded."""

from dataclasses import asdict, dataclass

import numpy as np

__all__ = ["LoadedFrames", "judged", "switches_within", "telling_frames"]


@dataclass(frozen=True, kw_only=True)
class LoadedFrames:
    """Counts of frames.

    Attributes
    ----------
    frames
        All.
    meanwhile
        Those while an image was loaded.
    mismatches
        Those that are not what the model of their time makes of them.
    mixed
        Of these, those that no model of that time makes: neither the one before nor the one after.
    """

    frames: int
    meanwhile: int
    mismatches: int
    mixed: int

    def as_json(self) -> dict:
        """The counts by their names."""
        return asdict(self)


def judged(
    found: np.ndarray, expected: np.ndarray, running: np.ndarray, meanwhile: np.ndarray
) -> LoadedFrames:
    """Counts of frames.

    Parameters
    ----------
    found
        Raw outputs (frames, outputs).
    expected
        What each model makes of the frames (models, frames, outputs), in the order of loading.
    running
        Number of the model that ran at the time of each frame (frames,).
    meanwhile
        Whether an image was being loaded then (frames,).
    """
    right = (expected == found).all(axis=2)
    frame = np.arange(len(found))
    last = len(expected) - 1
    near = [right[np.clip(running + step, 0, last), frame] for step in (-1, 0, 1)]
    return LoadedFrames(
        frames=len(found),
        meanwhile=int(meanwhile.sum()),
        mismatches=int((~near[1]).sum()),
        mixed=int((~np.any(near, axis=0)).sum()),
    )


def switches_within(
    found: np.ndarray, old: np.ndarray, new: np.ndarray, first: int, last: int
) -> int:
    """The number of frames before the switch from ``old`` to ``new``, all (frames, outputs), which
    lies between ``first`` and ``last``: the one that explains most of the frames."""
    is_old = (found == old).all(axis=1)
    is_new = (found == new).all(axis=1)
    right = [is_old[:place].sum() + is_new[place:].sum() for place in range(first, last + 1)]
    return first + int(np.argmax(right))


def telling_frames(x_raw: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Which of the frames (frames, inputs) tell each model (models, frames, outputs) from the next:
    their places."""
    differs = (expected[1:] != expected[:-1]).any(axis=2)
    return np.flatnonzero(differs.all(axis=0))
