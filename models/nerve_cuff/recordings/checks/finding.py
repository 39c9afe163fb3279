"""What a check finds, and how places and times are told."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from build_decoder.models.nerve_cuff.cuff import NerveCuff

__all__ = ["Finding", "contacts_text", "span_text", "stretches"]

_MOST_NAMED = 4  # contacts or stretches in a line


@dataclass(frozen=True)
class Finding:
    """A fault of a recording, or what may be one.

    Parameters
    ----------
    error:
        Whether the recording must not be used without ``--force``; else it is a warning.
    kind:
        ``rails``, ``repeats``, ``gap``, ``level``, ``neighbours``, ``polarity``, ``wiring``,
        ``delays``, ``interference``, ``labels`` or ``clock``.
    text:
        What is wrong, at which contact and when, in a line.
    """

    error: bool
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def contacts_text(channels: Sequence[int], cuff: NerveCuff) -> str:
    """Names of contacts, such as ``contact 3 of ring 2 (channel 19)``; all counted from 0."""
    channels = [int(channel) for channel in channels]
    if len(channels) == cuff.channels:
        return "all contacts"
    named = ", ".join(
        f"contact {channel % cuff.contacts} of ring {channel // cuff.contacts} (channel {channel})"
        for channel in channels[:_MOST_NAMED]
    )
    more = len(channels) - _MOST_NAMED
    return named + (f" and {more} more" if more > 0 else "")


def stretches(bad: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True in `bad`, (n,): the first of each, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], bad, [False]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def span_text(runs: Sequence[tuple[float, float]], step: float) -> str:
    """Times of runs of windows of `step` seconds, such as ``4.2 to 5.1 s``."""
    named = ", ".join(f"{a * step:.5g} to {b * step:.5g} s" for a, b in runs[:_MOST_NAMED])
    more = len(runs) - _MOST_NAMED
    return named + (f" and {more} more times" if more > 0 else "")
