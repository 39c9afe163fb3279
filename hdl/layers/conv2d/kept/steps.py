"""Steps: visits as the walk through them needs them, by places and blocks."""

from collections.abc import Sequence
from typing import NamedTuple

from build_decoder.hdl.layers.conv2d.kept.visits import Visit

__all__ = ["Step", "steps_of"]


class Step(NamedTuple):
    """What is to be done in a visit.

    Attributes
    ----------
    needs, frees, opens, ends
        As in a :class:`Visit`.
    first, blocks : int
        Blocks of a window along time: number of the first one, and how many.
    inside : tuple of bool
        Columns of a window that are multiplied.
    moves : int
        Places from that of the first block to that of the next step's first block, round and round.
    kept : int
        Which column of kept sums its own are, if they are kept.
    """

    needs: int
    frees: int
    opens: bool
    ends: bool
    first: int
    blocks: int
    inside: tuple[bool, ...]
    moves: int
    kept: int


def steps_of(
    visits: Sequence[Visit], before: int, blocks: int, times: int, columns: int, places: int
) -> tuple[Step, ...]:
    """Those of the visits of a frame; after the last one comes the first one of the next frame.

    Parameters
    ----------
    before
        Columns of a window before its position.
    blocks, times
        Blocks of a window along time, and columns of each.
    columns
        Of a frame.
    places
        Of columns that are kept.
    """
    lowest = min((visit.output for visit in visits if not visit.ends), default=0)
    windows = [visit.output - before for visit in visits]
    firsts = [
        (visit.columns.start - window) // times
        for visit, window in zip(visits, windows, strict=True)
    ]
    starts = [window + first * times for window, first in zip(windows, firsts, strict=True)]
    following = [*starts[1:], starts[0] + columns]
    return tuple(
        Step(
            visit.needs,
            visit.frees,
            visit.opens,
            visit.ends,
            first,
            -(-(visit.columns.stop - window) // times) - first,
            tuple(window + n in visit.columns for n in range(blocks * times)),
            (then - start) % places,
            0 if visit.opens and visit.ends else visit.output - lowest,
        )
        for visit, window, first, start, then in zip(
            visits, windows, firsts, starts, following, strict=True
        )
    )
