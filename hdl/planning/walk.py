"""Least memory for a walk over a stream that comes in order."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.models.walk import Walk

__all__ = ["WalkMemory"]


@dataclass(frozen=True)
class WalkMemory:
    """Ring buffer between a stream that comes in order and a walk over it.

    Value ``n`` of a frame is written to word ``n % depth``, one after the other. Steps of the walk
    read in their own order, each as soon as its value is there; a step beside the frame reads
    nothing. A word is written anew once no later step reads its value.

    Parameters
    ----------
    walk
        The order of reading.
    count
        Values of a frame.

    Raises
    ------
    ValueError
        If a frame has no value.
    """

    walk: Walk
    count: int

    def __post_init__(self):
        if self.count < 1:
            raise ValueError(f"expected a frame of at least 1 value, got {self.count}")

    @cached_property
    def inside(self) -> np.ndarray:
        """Whether each step reads a value of the frame, bool (steps,)."""
        indices = self.walk.indices
        return (indices >= 0) & (indices < self.count)

    @cached_property
    def needed(self) -> np.ndarray:
        """Values that must have been written before each step, int64 (steps,)."""
        return np.maximum.accumulate(np.where(self.inside, self.walk.indices + 1, 0))

    @cached_property
    def done_with(self) -> np.ndarray:
        """Values, from the first one on, that no step after each step reads, int64 (steps,)."""
        steps = np.arange(self.walk.count)
        return np.searchsorted(np.maximum.accumulate(self._last), steps, side="right")

    @cached_property
    def depth(self) -> int:
        """Least words of the ring buffer; 0 of a walk that stays beside the frame.

        With less, a step would wait for a value that would be written over one which a later step
        reads.
        """
        read = np.flatnonzero(self._last >= 0)
        return int((self.needed[self._last[read]] - read).max(initial=0))

    @cached_property
    def _last(self) -> np.ndarray:
        """The last step that reads each value, -1 where none does."""
        last = np.full(self.count, -1)
        # Of several assignments to one place, numpy keeps the last.
        last[self.walk.indices[self.inside]] = np.flatnonzero(self.inside)
        return last
