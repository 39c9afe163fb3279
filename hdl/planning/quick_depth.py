"""Depth of FIFOs with which frames follow each other as closely as with deep ones."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import count, islice

from build_decoder.hdl.planning.fifo_depth import Depths, Edge, deep, growing, least, with_fifos
from build_decoder.hdl.planning.stage import Stage
from build_decoder.hdl.planning.timeline import Timeline, first_frame, keeps_up

__all__ = ["quick_depths"]


def quick_depths(stages: Sequence[Stage], live: Depths) -> dict[Edge, int]:
    """Depths from ``live`` up with which frames follow each other as closely as with deep FIFOs.

    A FIFO is deep enough with places for all frames that are under way at once: as many as begin,
    at the pace of the slowest stage, while a frame that nothing holds up goes through.

    Depths that hold nothing up for a few frames mostly never do. So depths are sought that do not
    for the first one, and are run on; where something is held up later, they are sought again by
    twice as many.
    """
    enough = deep(stages, 1)
    if not enough:
        return {}
    # Nothing lets frames follow each other more closely.
    if keeps_up(with_fifos(stages, live), max(stage.plan.times.pace for stage in stages)):
        return dict(live)
    slowest = max(stage.plan.times.interval for stage in stages)
    enough = deep(stages, first_frame(with_fifos(stages, enough)) // slowest + 2)
    for few in (2**number for number in count()):
        shortest = max(islice(Timeline(with_fifos(stages, enough)).intervals(), few))
        found = _least(stages, live, enough, few, shortest)
        if keeps_up(with_fifos(stages, found), shortest):
            return found
    raise AssertionError("unreachable: count never ends")


def _least(
    stages: Sequence[Stage], live: Depths, enough: Depths, few: int, shortest: int
) -> dict[Edge, int]:
    """Depths none of which could be less, by the first ``few`` intervals of frames."""

    def fits(depths: Depths) -> bool:
        intervals = islice(Timeline(with_fifos(stages, depths)).intervals(), few)
        return all(interval <= shortest for interval in intervals)

    def first(depths: Depths, edge: Edge, low: int) -> int:
        choices = range(low, depths[edge])
        return low + bisect_left(choices, True, key=lambda depth: fits({**depths, edge: depth}))

    if fits(live):
        return dict(live)
    *tried, last = growing(live, enough)
    place = bisect_left(tried, True, key=fits)
    return least(live, tried[place] if place < len(tried) else last, fits, first)
