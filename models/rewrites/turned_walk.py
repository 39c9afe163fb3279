"""Walks over images with rows and columns exchanged."""

import math

from build_decoder.models.layer import Shape
from build_decoder.models.walk import Walk

__all__ = ["turned_walk"]

_MOST_LOOPS = 4
"""Loops that a turned walk may always have; where the walk before had more, as many as that one.
Files take twice as many."""

Loops = list[tuple[int, int]]


def turned_walk(shape: Shape, walk: Walk | None = None) -> Walk | None:
    """The walk column by column that meets what `walk` meets row by row.

    Parameters
    ----------
    shape:
        (rows, columns, channels) of the image whose values `walk` gives, the last axis fastest.
    walk:
        None for the values as they stand.

    Returns
    -------
    The walk that gives the values of the image (columns, rows, channels). None where the loops of
    `walk` cannot be cut at the ends of rows and columns.
    """
    walk = walk or Walk(((math.prod(shape), 1),))
    left = list(walk.loops)
    axes = []
    for size in shape:
        loops = _taken(left, size)
        if loops is None:
            return None
        axes.append(loops)
    rows, columns, channels = axes
    loops = _merged([*columns, *rows, *channels])
    if len(loops) > max(_MOST_LOOPS, len(walk.loops)):
        return None
    return Walk(tuple(loops), walk.start)


def _taken(left: Loops, size: int) -> Loops | None:
    """The outer loops of `left`, taken from it, that make `size` steps; None if none do."""
    taken = []
    while size > 1:
        count, stride = left.pop(0)
        if size % count == 0:
            taken.append((count, stride))
            size //= count
        elif count % size == 0:
            inner = count // size
            taken.append((size, stride * inner))
            left.insert(0, (inner, stride))
            size = 1
        else:
            return None
    return taken


def _merged(loops: Loops) -> Loops:
    """The same walk with as few loops as it takes, at least one."""
    merged: Loops = []
    for count, stride in loops:
        if count == 1:
            continue
        if merged and merged[-1][1] == count * stride:
            merged[-1] = (merged[-1][0] * count, stride)
        else:
            merged.append((count, stride))
    return merged or [(1, 1)]
