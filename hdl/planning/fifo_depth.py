"""Depth of FIFOs where branches come together again.

A stage with several inputs takes them in an order of its own. While it waits for one, what comes
for another must have a place, or the fork that both come from cannot go on. How much that is
follows from the stages' actors, which are run: with shallow FIFOs, stages wait for each other for
ever, or longer than they need.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from build_decoder.hdl.adapters.fifo.plan import FifoPlan
from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.stage import Port, Stage
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.timeline import first_frame, frame_interval, goes_on, keeps_up

__all__ = ["Depths", "Edge", "live_depths", "quick_depths", "with_fifos"]


class Edge(NamedTuple):
    """The way into an input of a stage."""

    stage: str
    input: int


Depths = Mapping[Edge, int]
"""Depth of the FIFO on an edge; 0 where there is none."""


@dataclass(frozen=True)
class _OneRegister(Plan):
    """A plan's control with one register behind each output.

    A row of registers that stands still is only sure to hold the transfer that it offers.
    """

    plan: Plan

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return self.plan.inputs

    @property
    def output(self) -> Tensor:
        return self.plan.output

    @property
    def actors(self) -> tuple[Actor, ...]:
        return tuple(replace(actor, registers=1) for actor in self.plan.actors)


def live_depths(stages: Sequence[Stage]) -> dict[Edge, int]:
    """Depths with which stages never wait for each other for ever, whatever stalls them.

    With any one of them less, they do, if each output has but one register. The edges are those
    into stages of several inputs.
    """
    bare = [replace(stage, plan=_OneRegister(stage.plan)) for stage in stages]
    enough = _frames(stages, 1)
    none = dict.fromkeys(enough, 0)
    return _least(enough, none, lambda depths: goes_on(with_fifos(bare, depths)))


def quick_depths(stages: Sequence[Stage], live: Depths) -> dict[Edge, int]:
    """Depths from ``live`` up with which frames follow each other as closely as with deep FIFOs.

    A FIFO is deep enough with places for all frames that are under way at once: as many as begin,
    at the pace of the slowest stage, while a frame that nothing holds up goes through.
    """
    enough = _frames(stages, 1)
    if not enough:
        return {}
    pace = max(stage.plan.times.interval for stage in stages)
    enough = _frames(stages, first_frame(with_fifos(stages, enough)) // pace + 2)
    shortest = frame_interval(with_fifos(stages, enough))
    return _least(enough, live, lambda depths: keeps_up(with_fifos(stages, depths), shortest))


def _frames(stages: Sequence[Stage], frames: int) -> dict[Edge, int]:
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


def _least(enough: Depths, from_: Depths, fits: Callable[[Depths], bool]) -> dict[Edge, int]:
    """Depths none of which could be less, ``from_`` up; ``enough`` fit."""
    fits = _remembered(fits)
    depths, more = dict(from_), 1
    # Stages with shallow FIFOs are run in less time: all grow together, and then each shrinks.
    while depths != enough and not fits(depths):
        grown = {edge: max(depth + more, 2) for edge, depth in from_.items()}
        depths = {edge: min(grown[edge], most) for edge, most in enough.items()}
        more *= 2
    # A FIFO takes cycles, so that none may be better than a short one, and none at all of a stage's
    # inputs better than some at one of them.
    for stage in dict.fromkeys(edge.stage for edge in depths):
        bare = {edge: depth for edge, depth in from_.items() if edge.stage == stage}
        if fits(depths | bare):
            depths |= bare
    for edge, most in list(depths.items()):
        if fits({**depths, edge: from_[edge]}):
            depths[edge] = from_[edge]
            continue
        # There is no FIFO of one transfer.
        choices = range(max(from_[edge] + 1, 2), most)
        first = bisect_left(choices, True, key=lambda depth: fits({**depths, edge: depth}))
        depths[edge] = choices[first] if first < len(choices) else most
    return depths


def _remembered(fits: Callable[[Depths], bool]) -> Callable[[Depths], bool]:
    """The same, which runs stages once for the same depths: that takes seconds of long frames."""
    known: dict[frozenset, bool] = {}

    def remembered(depths: Depths) -> bool:
        key = frozenset(depths.items())
        if key not in known:
            known[key] = fits(depths)
        return known[key]

    return remembered
