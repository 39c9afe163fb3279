"""One recording that is there twice, whatever its form: the times from nCAP to nCAP tell."""

import numpy as np

__all__ = ["first_repeated"]

_INTERVALS = 6  # in a row: even two of a thousand samples or so are hardly ever the same by chance
_DIFFERENT = 4  # of them, as stimulation or the mains may give peaks that are evenly spread


def first_repeated(peaks: np.ndarray, before: np.ndarray) -> int | None:
    """The first of `peaks` from which on they are as far apart as some of `before`; maybe None.

    Both are samples in order. A cut, another scale or another form of file change nothing.
    """
    known = {key for _, key in _keys(before)}
    return next((peak for peak, key in _keys(peaks) if key in known), None)


def _keys(peaks: np.ndarray) -> list[tuple[int, bytes]]:
    """Each peak and the intervals that follow it, as far as these are of different lengths."""
    intervals = np.diff(peaks)
    if len(intervals) < _INTERVALS:
        return []
    rows = np.lib.stride_tricks.sliding_window_view(intervals, _INTERVALS)
    different = (np.diff(np.sort(rows, axis=1), axis=1) > 0).sum(axis=1) + 1
    return [
        (int(peaks[index]), rows[index].tobytes())
        for index in np.flatnonzero(different >= _DIFFERENT)
    ]
