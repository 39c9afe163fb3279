"""FIFOs where branches come together again.

A stage with several inputs takes them in an order of its own. While it waits for one, what comes
for another must have a place, or the fork that both come from cannot go on. How much that is
follows from the stages' actors, which are run: with shallow FIFOs, stages wait for each other for
ever (:mod:`hdl.planning.live_depth`), or longer than they need (:mod:`hdl.planning.quick_depth`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.planning.stage import Port, Stage

__all__ = ["Depths", "Edge", "deep", "fifo_name", "growing", "least", "with_fifos"]


class Edge(NamedTuple):
    """The way into an input of a stage."""

    stage: str
    input: int


Depths = Mapping[Edge, int]
"""Depth of the FIFO on an edge; 0 where there is none."""


def deep(stages: Sequence[Stage], frames: int) -> dict[Edge, int]:
    """Depths of so many frames, on each edge into a stage of several inputs."""
    return {
        # One transfer is in a register, and another goes from the memory there.
        Edge(stage.name, number): frames * tensor.beats + 2
        for stage in stages
        if len(stage.inputs) > 1
        for number, tensor in enumerate(stage.plan.inputs)
    }


def with_fifos(stages: Sequence[Stage], depths: Depths) -> list[Stage]:
    """The stages, with FIFOs before them."""
    result = []
    for stage in stages:
        inputs = []
        for number, source in enumerate(stage.inputs):
            edge = Edge(stage.name, number)
            if depth := depths.get(edge):
                name, tensor = fifo_name(edge), stage.plan.inputs[number]
                result.append(Stage(name, FifoPlan(tensor, depth), (source,)))
                source = Port(name)
            inputs.append(source)
        result.append(replace(stage, inputs=tuple(inputs)))
    return result


def fifo_name(edge: Edge) -> str:
    """Name of the FIFO on an edge."""
    return f"{edge.stage}.fifo{edge.input}"


def growing(from_: Depths, enough: Depths) -> Iterator[dict[Edge, int]]:
    """Depths from ``from_`` up to ``enough``, all of which grow together: stages with shallow FIFOs
    are run in less time."""
    depths, more = {}, 1
    while depths != enough:
        # There is no FIFO of one transfer.
        depths = {
            edge: min(max(depth + more, 2), enough[edge]) for edge, depth in from_.items()
        }
        yield depths
        more *= 2


def least(
    from_: Depths,
    fit: Depths,
    fits: Callable[[Depths], bool],
    first: Callable[[Depths, Edge, int], int],
) -> dict[Edge, int]:
    """Depths none of which could be less, ``from_`` up.

    Parameters
    ----------
    fit
        Depths that fit.
    fits
        Whether others do.
    first
        The least depth of an edge that fits, from the given one up, beside the others of some that
        do.
    """
    known = cache(lambda items: fits(dict(items)))

    def fits_too(depths: Depths) -> bool:
        return known(tuple(depths.items()))

    depths = dict(fit)
    # A FIFO takes cycles, so that none may be better than a short one, and none at all of a stage's
    # inputs better than some at one of them.
    for stage in dict.fromkeys(edge.stage for edge in depths):
        bare = {edge: depth for edge, depth in from_.items() if edge.stage == stage}
        if fits_too(depths | bare):
            depths |= bare
    for edge, depth in from_.items():
        if fits_too({**depths, edge: depth}):
            depths[edge] = depth
        else:
            depths[edge] = first(depths, edge, max(depth + 1, 2))
    return depths
